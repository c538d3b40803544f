// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.util.Map;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;

/** Two ports that a capture may be told of; frames go through neither. */
final class TwoPorts {
    static final int FIRST = 0;
    static final int SECOND = 3;

    private static final PortCounters COUNTERS = new PortCounters();

    private TwoPorts() {
    }

    static void announceTo(Capture capture) {
        capture.added(FIRST, new SilentPort("first"));
        capture.added(SECOND, new SilentPort("second"));
    }

    /** Those of the second. */
    static PortCounters counters() {
        COUNTERS.belongTo(SECOND);
        return COUNTERS;
    }

    private record SilentPort(String name) implements Port {
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
            return COUNTERS;
        }

        @Override
        public int receive(FrameBatch batch, Space space, long now) {
            return 0;
        }

        @Override
        public void send(FrameBatch batch, int index, long now) {
            batch.delivered(index, COUNTERS);
        }

        @Override
        public void flush(FrameBatch batch, long now) {
        }

        @Override
        public Map<String, Object> details() {
            return Map.of();
        }

        @Override
        public void close() {
        }
    }
}
