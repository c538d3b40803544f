// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.channel;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;

/** A port with a frame to give whenever it is asked, and no use for any. */
final class EndlessPort implements Port {
    /** Whom its frames are for. */
    static final long DESTINATION = 0x0200_0000_0001L;

    private final int frameLength;
    private final ByteBuffer memory = ByteBuffer.allocateDirect(4096).order(ByteOrder.LITTLE_ENDIAN);
    private final PortCounters counters = new PortCounters();

    EndlessPort(int frameLength) {
        this.frameLength = frameLength;
        memory.put(FrameBatch.VNET_HDR_LENGTH, new byte[] {2, 0, 0, 0, 0, 1, 2, 0, 0, 0, 0, 9, 8, 0});
    }

    @Override
    public String name() {
        return "endless";
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
    public int receive(FrameBatch batch, Space space, long now) {
        batch.begin(memory, 0);
        while (!batch.isFull()) {
            batch.add(0, frameLength);
        }
        return batch.count();
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
