// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.nanorouter.nanokernel.abi.SyncDescriptor;

/** Something that happened, for programs of all OSes. */
public final class Event implements AutoCloseable {
    private static final int ONE_SET = Integer.lowestOneBit(SyncDescriptor.EVENT_COUNT);

    private final SyncWord word;
    private final boolean auto;

    Event(SyncWord word, boolean auto) {
        this.word = word;
        this.auto = auto;
    }

    /**
     * Waits until it is set. A manual one that was set and reset meanwhile counts as set; an automatic one is reset by
     * who has waited.
     *
     * @param timeoutMs how long to wait; 0: not at all; -1: for ever
     * @return false if it was not set in time
     * @throws InterruptedIOException after {@link Program#interrupt}
     * @throws IOException            if the kernel has no memory to wait with
     */
    public boolean await(long timeoutMs) throws IOException {
        long deadline = Waits.deadline(timeoutMs);
        int first = word.get();
        while (true) {
            int now = word.get();
            if (isSet(now) && (!auto || word.replace(now, now & ~SyncDescriptor.EVENT_SET))) {
                return true;
            }
            if (!auto && ((now ^ first) & SyncDescriptor.EVENT_COUNT) != 0) {
                return true;
            }
            if (!isSet(now)) {
                if (timeoutMs == 0) {
                    return false;
                }
                int waiting = now | SyncDescriptor.WAITERS;
                if ((now == waiting || word.replace(now, waiting)) && !word.await(waiting, deadline)) {
                    return false;
                }
            }
        }
    }

    /** Sets it, and wakes those who wait. */
    public void set() {
        while (true) {
            int now = word.get();
            int more = auto ? now : now + ONE_SET;
            if (word.replace(now, more & SyncDescriptor.EVENT_COUNT | SyncDescriptor.EVENT_SET)) {
                if (now < 0) {
                    word.wakeAll();
                }
                return;
            }
        }
    }

    /** Makes it unset. */
    public void reset() {
        int now = word.get();
        while (!word.replace(now, now & ~SyncDescriptor.EVENT_SET)) {
            now = word.get();
        }
    }

    private static boolean isSet(int word) {
        return (word & SyncDescriptor.EVENT_SET) != 0;
    }

    @Override
    public void close() {
        word.close();
    }
}
