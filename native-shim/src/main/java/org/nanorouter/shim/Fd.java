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

    /** Makes calls on it return EAGAIN ({@code true}) or wait. Returns 0 or -errno. */
    public static int setNonBlocking(int fd, boolean on) {
        return setNonBlocking(fd, on ? 1 : 0);
    }

    /** Returns a second, close-on-exec descriptor for the same open file, or -errno. */
    public static native int duplicate(int fd);

    private static native int setNonBlocking(int fd, int on);
}
