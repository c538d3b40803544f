// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/** {@code poll(2)}, for threads that have no event loop. */
public final class Poll {
    /** Bytes of one {@code struct pollfd}. */
    public static final int ENTRY_LENGTH = 8;
    /** Where its {@code int fd} lies; a negative one is skipped. */
    public static final int FD_OFFSET = 0;
    /** Where its {@code short events} lies: what to wait for. */
    public static final int EVENTS_OFFSET = 4;
    /** Where its {@code short revents} lies: what there is. */
    public static final int RETURNED_EVENTS_OFFSET = 6;

    public static final short IN = 1;
    public static final short OUT = 4;
    public static final short ERR = 8;
    public static final short HUP = 0x10;
    /** The other end writes no more; unlike {@link #HUP} only told when asked for. */
    public static final short READ_HUP = 0x2000;

    static {
        Shim.bind(Poll.class, "nks_poll_");
    }

    private Poll() {
    }

    /**
     * Waits until one of {@code n} descriptors is ready.
     *
     * @param pollfdsAddress of {@code n} entries
     * @param timeoutMs -1: for ever
     * @return number of ready ones, 0 when the time is over, or -errno
     */
    public static native int poll(long pollfdsAddress, int n, int timeoutMs);
}
