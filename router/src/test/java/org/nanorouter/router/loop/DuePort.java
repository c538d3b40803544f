// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.loop;

import java.util.Map;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;

/** A port without frames that wants to be asked at a time. */
final class DuePort implements Port {
    long due = NEVER;
    /** Whether it stays due when it was asked. */
    boolean restless;
    /** How often it was asked for frames. */
    int asked;

    private final PortCounters counters = new PortCounters();

    @Override
    public String name() {
        return "due";
    }

    @Override
    public PortKind kind() {
        return PortKind.NIC;
    }

    @Override
    public PortState state() {
        return PortState.UP;
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public long nextReceiveAt() {
        return due;
    }

    @Override
    public int receive(FrameBatch batch, Space space, long now) {
        asked++;
        if (due <= now && !restless) {
            due = NEVER;
        }
        return 0;
    }

    @Override
    public void send(FrameBatch batch, int index, long now) {
        batch.refused(index, Drop.EGRESS_ERROR, counters);
    }

    @Override
    public void flush(FrameBatch batch, long now) {
        // Nothing was taken.
    }

    @Override
    public Map<String, Object> details() {
        return Map.of();
    }

    @Override
    public void close() {
        // Nothing is held.
    }
}
