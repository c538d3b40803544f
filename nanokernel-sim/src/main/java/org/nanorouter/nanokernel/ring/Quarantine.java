// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import org.jspecify.annotations.Nullable;

/**
 * Whether the two rings of one channel may be used; shared by both, so that a lie in one stops the other.
 *
 * <p>The ways are usable to quarantined, usable to closed, quarantined to closed; never back. The first reason stays.
 */
public final class Quarantine {

    private boolean stopped;
    private @Nullable QuarantineReason reason;

    /** Whether the rings must leave the memory alone: quarantined, or closed. */
    public boolean stopped() {
        return stopped;
    }

    /** Why the channel is in quarantine, or {@code null} if it is not. */
    public @Nullable QuarantineReason reason() {
        return reason;
    }

    /** Stops both rings for {@code why}; without effect on rings that are stopped already. */
    public void impose(QuarantineReason why) {
        if (!stopped) {
            stopped = true;
            reason = why;
        }
    }

    /** Stops both rings because their memory goes away. */
    public void close() {
        stopped = true;
    }
}
