// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

/** How many messages a session may send: some at once, and from then on so many a second. */
final class MessageBudget {
    /** More than a program needs to open and close everything that it may have. */
    static final int AT_ONCE = 2_000;
    static final int PER_SECOND = 1_000;

    private static final long NS_PER_S = 1_000_000_000L;

    private long left = AT_ONCE;
    private long filledAt;

    /** The budget is full at {@code now}, in ns. */
    MessageBudget(long now) {
        filledAt = now;
    }

    /**
     * Takes what a message costs; false if there is not so much left.
     *
     * @param cost 1, or more for one that is much work
     */
    boolean take(long now, int cost) {
        long more = (now - filledAt) / (NS_PER_S / PER_SECOND);
        if (more > 0) {
            left = Math.min(AT_ONCE, left + more);
            filledAt += more * (NS_PER_S / PER_SECOND);
        }
        if (left < cost) {
            return false;
        }
        left -= cost;
        return true;
    }
}
