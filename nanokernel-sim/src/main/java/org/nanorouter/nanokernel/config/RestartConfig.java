// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.time.Duration;
import java.util.List;

/**
 * {@code os.restart} of {@code machine.toml}: what happens to an OS that failed; {@link MachineConfig} documents the
 * keys.
 *
 * @param policy   which ends are followed by a new start
 * @param delay    from a failure to the first start after it
 * @param maxDelay the delay doubles with each failure within the window, up to this
 * @param limit    starts within the window after which the OS is left failed; 0: any number
 * @param window   for how long a failure counts
 * @param hung     what a missed heartbeat deadline leads to
 * @param stalled  what it leads to that an OS beats and reads nothing
 * @param quarantined what it leads to that a peer put its channel to the OS into quarantine
 * @param command  restarts an external OS; empty: it is expected to attach again by itself
 */
public record RestartConfig(Policy policy, Duration delay, Duration maxDelay, int limit, Duration window,
        Reaction hung, Reaction stalled, Reaction quarantined, List<String> command) {
    /** Which ends are followed by a new start. */
    public enum Policy {
        /** Every end that nobody asked for. */
        ALWAYS,
        /** A failure; an init command that ends with 0 is none. */
        ON_FAILURE,
        /** None. */
        NEVER
    }

    /** What follows from something noticed from outside. */
    public enum Reaction {
        /** The OS has failed: it is ended, and restarted if the policy says so. */
        RESTART,
        /** It is shown, logged, and kept as an event. */
        REPORT
    }
}
