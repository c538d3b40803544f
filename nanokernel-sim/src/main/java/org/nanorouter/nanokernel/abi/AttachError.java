// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import org.jspecify.annotations.Nullable;

/**
 * Why an attach, a join or a request was refused; C twin {@code enum nk_attach_error}.
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
    NOT_RUNNING(7),

    /** Not the name of a port, or not that of an OS of this machine. */
    BAD_NAME(8),

    /** A program of this OS has a port, or shared memory, of that name. */
    NAME_TAKEN(9),

    /** No program of that OS has a port of that name. */
    NO_SUCH_PORT(10),

    /** Not the capacity of a ring. */
    BAD_CAPACITY(11),

    /** A program, or its OS, has as much as it may have. */
    LIMIT(12),

    /** No program of that OS has shared memory of that name. */
    NO_SUCH_MEMORY(13),

    /** The one who made the memory does not let others write. */
    READ_ONLY(14),

    /** Not the length of shared memory. */
    BAD_LENGTH(15),

    /** Not a kind of sync object, or not a value of that kind, or there is another one of that name. */
    BAD_SYNC(16);

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
