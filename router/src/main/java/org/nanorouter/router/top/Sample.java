// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the daemons said in one round.
 *
 * @param atNs    a monotonic clock, when the round was over
 * @param kernel  null if none was asked
 * @param routers sorted by the names of their OSes
 */
public record Sample(long atNs, @Nullable Kernel kernel, List<Router> routers) {
    /**
     * The nanokernel.
     *
     * @param failure why there is no answer, or null: if there is none, the other components mean nothing
     */
    public record Kernel(String instance, long pid, double uptimeS, List<Os> oses, @Nullable String failure) {
        static Kernel silent(String failure) {
            return new Kernel("", 0, 0, List.of(), failure);
        }
    }

    /**
     * An OS.
     *
     * @param silenceMs    since its last heartbeat; -1 if it has no endpoint that is ready
     * @param deadlineMs   silence from which on it is hung
     * @param uptimeS      of its epoch; -1 if it has none
     * @param lastFailure  its kind, and its text if it has one; null if there was none
     * @param lastFailureS how long ago it was
     */
    public record Os(String name, String kind, String state, long epoch, long silenceMs, long deadlineMs,
            long restarts, double uptimeS, @Nullable String lastFailure, double lastFailureS) {
    }

    /**
     * A router.
     *
     * @param life    changes when another process answers: its counters have nothing to do with the former ones
     * @param failure why there is no answer, or null: if there is none, life and those behind it mean nothing
     */
    public record Router(String os, long atNs, @Nullable String failure, long life, long pid, String state,
            String nanokernel, double uptimeS, int standbys, List<Port> ports) {
        static Router silent(String os, long atNs, String failure) {
            return new Router(os, atNs, failure, 0, 0, "", "", 0, 0, List.of());
        }
    }

    /**
     * A port with its counters, which only grow within a life and a peer's epoch. In is what came in by it.
     *
     * @param peerEpoch    of a channel; 0 of another port
     * @param drops        frames that came in and went nowhere, by reason; without those that are 0
     * @param ringUsed     bytes in the ring by which frames go out
     * @param ringCapacity 0 if it has none
     */
    public record Port(String name, String kind, String state, long peerEpoch, long inBytes, long inFrames,
            long outBytes, long outFrames, Map<String, Long> drops, long ringUsed, long ringCapacity) {
    }
}
