// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.topology;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A machine as nodes and edges.
 *
 * @param title  what the foundation of the drawing says: the instance and its nanokernel, or the file
 * @param nodes  its OSes
 * @param edges  the channels between them, each once
 */
public record Topology(String title, List<Node> nodes, List<Edge> edges) {

    /**
     * An OS.
     *
     * @param name       unique
     * @param kind       of the OS, as machine.toml has it
     * @param state      a state of the ABI; empty if it is only configured
     * @param epoch      its epoch; 0 if it has none
     * @param endpoint   what moves its frames, such as {@code router 12, standby 13}; empty if nothing does
     * @param interfaces its interfaces
     */
    public record Node(String name, String kind, String state, long epoch, String endpoint,
            List<Interface> interfaces) {
        String facts() {
            return state.isEmpty() ? kind : kind + ", epoch " + epoch;
        }
    }

    /**
     * A network interface.
     *
     * @param name      of the interface
     * @param addresses with their prefix lengths, as far as they are known
     */
    public record Interface(String name, List<String> addresses) {
    }

    /**
     * A channel: two rings.
     *
     * @param a        name of the one OS
     * @param b        name of the other
     * @param state    open, closed or quarantined; empty if it is only configured
     * @param capacity bytes of each ring; 0 if that is not known
     * @param fromA    bytes that lie in the ring from a to b; null if that is not known
     * @param fromB    bytes in the other one
     */
    public record Edge(String a, String b, String state, long capacity, @Nullable Long fromA, @Nullable Long fromB) {
        static final String OPEN = "open";

        /** Whether there is nothing to say of it. */
        boolean isUsual() {
            return state.isEmpty() || OPEN.equals(state);
        }

        /** How full the ring from a to b is, in percent; as text. */
        String fill(boolean ofA) {
            Long used = ofA ? fromA : fromB;
            return used == null || capacity == 0 ? "?" : used * 100 / capacity + " %";
        }

        /** Its size, its state if that is not usual, and how full its rings are. */
        String label(String right, String left) {
            StringBuilder label = new StringBuilder(isUsual() ? "" : state);
            if (capacity > 0) {
                label.append(label.isEmpty() ? "" : ", ").append(size(capacity));
            }
            if (fromA != null || fromB != null) {
                label.append(' ').append(right).append(fill(true)).append(' ').append(left).append(fill(false));
            }
            return label.toString();
        }

        static String size(long bytes) {
            return bytes % (1 << 20) == 0 ? (bytes >> 20) + " MiB" : (bytes >> 10) + " KiB";
        }
    }
}
