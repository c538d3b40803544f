// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/** Doorbells: nonblocking eventfds. */
public final class EventFd {
    static {
        Shim.bind(EventFd.class, "nks_event_fd_");
    }

    private EventFd() {
    }

    /** Returns a descriptor with count 0, or -errno. */
    public static native int create();

    /** Adds 1 to the count, which wakes every waiter, edge-triggered ones too. Returns 0 or -errno. */
    public static native int ring(int fd);

    /** Takes the count to its largest value: whoever rings is not heard until it is drained. Returns 0 or -errno. */
    public static native int fill(int fd);

    /** Takes the count back to 0. Returns what it was (at most 2^31 - 1), or -errno. */
    public static native int drain(int fd);
}
