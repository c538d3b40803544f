// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.watch;

/**
 * Watches whether the consumer of one ring reads what lies in it. Times are nanoseconds of one clock that the caller
 * reads. Both cursors are words that an OS wrote: they are compared, and nothing is addressed by them.
 */
public final class ProgressWatch {
    private final long deadlineNs;
    private final long capacity;
    private long lastHead;
    private long waitingSince;
    private boolean waiting;
    private boolean told;

    /**
     * Makes a watch for a ring that is empty.
     *
     * @param deadlineNs for how long something may lie in the ring and the head not move
     * @param capacity   bytes of the ring
     */
    public ProgressWatch(long deadlineNs, long capacity) {
        this.deadlineNs = deadlineNs;
        this.capacity = capacity;
    }

    /** Grants the consumer time in which the watcher itself was not watching. */
    public void forgive(long ns) {
        waitingSince += ns;
    }

    /**
     * Looks at the cursors.
     *
     * @param head what the consumer says that it has consumed, in bytes
     * @param tail what the producer says that it has published
     * @return true once for each time that the deadline passes
     */
    public boolean look(long now, long head, long tail) {
        long waitingBytes = tail - head;
        // What no ring can hold is a lie of one of the two, which the other one finds out by itself.
        boolean something = waitingBytes > 0 && waitingBytes <= capacity;
        if (!something || !waiting || head != lastHead) {
            waiting = something;
            waitingSince = now;
            lastHead = head;
            told = false;
            return false;
        }
        boolean stalled = now - waitingSince > deadlineNs;
        boolean first = stalled && !told;
        told = stalled;
        return first;
    }

    /** Whether the deadline has passed and nothing moved since. */
    public boolean isStalled() {
        return told;
    }
}
