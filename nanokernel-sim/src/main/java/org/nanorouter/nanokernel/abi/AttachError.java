// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import org.jspecify.annotations.Nullable;

/**
 * Why an attach was refused; C twin {@code enum nk_attach_error}.
 */
public enum AttachError {

    /** The packet does not begin with the magic of the attach socket. */
    BAD_MAGIC(1),

    /** The other side speaks another revision; the text has both numbers. */
    BAD_REVISION(2),

    /** Unknown type, wrong length, or descriptors that were not asked for. */
    BAD_MESSAGE(3),

    /** The name is not the one of this socket. */
    UNKNOWN_OS(4),

    /** The token is not that of the living incarnation. */
    BAD_TOKEN(5),

    /** Another endpoint is attached. */
    BUSY(6),

    /** The OS has no region now. */
    NOT_RUNNING(7);

    private static final AttachError[] VALUES = values();

    private final int value;

    AttachError(int value) {
        this.value = value;
    }

    /** What stands in memory. */
    public int value() {
        return value;
    }

    /** The constant with this value, or {@code null} if there is none. */
    public static @Nullable AttachError of(int value) {
        for (final AttachError candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        return null;
    }
}
