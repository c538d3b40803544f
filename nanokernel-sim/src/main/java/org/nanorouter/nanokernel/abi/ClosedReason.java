// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import org.jspecify.annotations.Nullable;

/** Why the other end of a connection, or the maker of shared memory, is gone; C twin {@code enum nk_closed_reason}. */
public enum ClosedReason {

    /** It closed the connection. */
    BY_PEER(1),

    /** Its program ended. */
    PROGRAM_ENDED(2),

    /** The epoch of its OS ended: what it sent and nobody has read yet is not delivered. */
    EPOCH_ENDED(3);

    private static final ClosedReason[] VALUES = values();

    private final int value;

    ClosedReason(int value) {
        this.value = value;
    }

    /** What stands in the message. */
    public int value() {
        return value;
    }

    /** The constant with this value, or {@code null} if there is none. */
    public static @Nullable ClosedReason of(int value) {
        for (final ClosedReason candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        return null;
    }
}
