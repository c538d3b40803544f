// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import org.jspecify.annotations.Nullable;

/**
 * Why an OS failed last; C twin {@code enum nk_failure}.
 */
public enum Failure {

    /** It never failed. */
    NONE(0),

    /** It wrote a panic record. */
    PANIC(1),

    /** Its init ended by itself. */
    EXIT(2),

    /** Its init was ended by a signal. */
    SIGNAL(3),

    /** It stopped beating. */
    HEARTBEAT(4),

    /** It beat, and read nothing of what a peer sent. */
    STALL(5),

    /** A peer found that it broke the rules of their rings. */
    LIE(6);

    private static final Failure[] VALUES = values();

    private final int value;

    Failure(int value) {
        this.value = value;
    }

    /** What stands in memory. */
    public int value() {
        return value;
    }

    /** Whether it makes an OS hung: it was noticed from outside, and the OS itself says nothing. */
    public boolean isHang() {
        return this == HEARTBEAT || this == STALL || this == LIE;
    }

    /** The constant with this value, or {@code null} if there is none. */
    public static @Nullable Failure of(int value) {
        for (final Failure candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        return null;
    }
}
