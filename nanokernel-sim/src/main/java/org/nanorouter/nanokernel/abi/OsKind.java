// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import org.jspecify.annotations.Nullable;

/**
 * How an OS is emulated; C twin {@code enum nk_os_kind}.
 */
public enum OsKind {

    /** A cell of Linux namespaces. */
    NAMESPACE(1),

    /** A virtual machine. */
    QEMU(2),

    /** Any program that speaks the ABI. */
    PROCESS(3),

    /** The machine's own Linux: it attaches by itself, and is restarted by a configured command. */
    EXTERNAL(4);

    private static final OsKind[] VALUES = values();

    private final int value;

    OsKind(int value) {
        this.value = value;
    }

    /** What stands in memory. */
    public int value() {
        return value;
    }

    /** The constant with this value, or {@code null} if there is none. */
    public static @Nullable OsKind of(int value) {
        for (final OsKind candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        return null;
    }
}
