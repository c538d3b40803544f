// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/** What can be done to any descriptor. */
public final class Fd {
    static {
        Shim.bind(Fd.class, "nks_fd_");
    }

    private Fd() {
    }

    /** Closes the descriptor. Returns 0 or -errno; either way it is gone. */
    public static native int close(int fd);

    /** Returns a second, close-on-exec descriptor for the same open file, or -errno. */
    public static native int duplicate(int fd);
}
