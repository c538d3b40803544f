// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.loop;

/** A descriptor that the loop watches. On the loop only. */
public interface Watch {
    /** While muted, what arrives at the descriptor wakes nobody; what has arrived calls once, at the latest then. */
    void mute(boolean muted);

    /** Ends the watching; before the descriptor is closed. A second call does nothing. */
    void cancel();
}
