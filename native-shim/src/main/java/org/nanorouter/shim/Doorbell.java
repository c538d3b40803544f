// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/**
 * The waiting side of a doorbell whose ringing side is an {@link EventFd}: an epoll descriptor, through which nothing
 * can be done to the eventfd.
 */
public final class Doorbell {
    static {
        Shim.bind(Doorbell.class, "nks_doorbell_");
    }

    private Doorbell() {
    }

    /** Returns a descriptor that becomes readable, edge by edge, when the eventfd is rung, or -errno. */
    public static native int waiter(int eventFd);

    /** Makes it unreadable until the next ring, for those that poll. Returns 1 if it was rung, 0, or -errno. */
    public static native int clear(int waiter);
}
