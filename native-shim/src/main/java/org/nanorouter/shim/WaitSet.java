// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/** Many descriptors behind one, edge-triggered: {@code epoll(7)}, for those that have no event loop. */
public final class WaitSet {
    static {
        Shim.bind(WaitSet.class, "nks_wait_set_");
    }

    private WaitSet() {
    }

    /** Returns a descriptor that is readable while one of those that were added has something new, or -errno. */
    public static native int create();

    /** Adds a descriptor, which {@code token} names in what {@link #await} answers. Returns 0 or -errno. */
    public static native int add(int set, int fd, int token);

    /** Takes a descriptor out, before it is closed. Returns 0 or -errno. */
    public static native int remove(int set, int fd);

    /**
     * Waits until one of them has something new.
     *
     * @param tokensAddress of {@code n} ints, which get the tokens of those that have
     * @param timeoutMs     -1: for ever
     * @return how many; 0 when the time is over or a signal came; -errno
     */
    public static native int await(int set, long tokensAddress, int n, int timeoutMs);
}
