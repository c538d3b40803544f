// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.SyncDescriptor;

/** Lets programs of all OSes go on together. */
public final class Barrier implements AutoCloseable {
    private static final int ONE_PASS = Integer.lowestOneBit(SyncDescriptor.PASSED);
    private static final int ONE_RESET = Integer.lowestOneBit(SyncDescriptor.RESETS);

    private final SyncWord word;
    private final int parties;

    Barrier(SyncWord word, int parties) {
        this.word = word;
        this.parties = parties;
    }

    /** How a wait ended. */
    public enum Result {
        /** All have come, this program last. */
        LAST,
        /** All have come. */
        PASSED,
        /** Not all came in time: it is broken now, unless the timeout was 0. */
        TIMED_OUT,
        /** Another one died or gave up waiting. */
        BROKEN
    }

    /**
     * Waits until all parties have come. Who does not wait long enough, is interrupted or dies breaks it for the
     * others.
     *
     * @param timeoutMs how long to wait; 0: comes only if it is the last one, and breaks nothing; -1: for ever
     * @throws InterruptedIOException after {@link Program#interrupt}
     * @throws IOException            if the kernel has no memory to wait with
     */
    public Result await(long timeoutMs) throws IOException {
        long deadline = Waits.deadline(timeoutMs);
        while (true) {
            int now = word.get();
            if ((now & SyncDescriptor.BROKEN) != 0) {
                return Result.BROKEN;
            }
            int arrived = (now & SyncDescriptor.MAX_PARTIES) + 1;
            if (arrived >= parties) {
                if (word.replace(now, passed(now))) {
                    word.wakeAll();
                    return Result.LAST;
                }
            } else if (timeoutMs == 0) {
                return Result.TIMED_OUT;
            } else if (word.replace(now, now & ~SyncDescriptor.MAX_PARTIES | arrived | SyncDescriptor.WAITERS)) {
                return awaitOthers(now, deadline);
            }
        }
    }

    private Result awaitOthers(int began, long deadline) throws IOException {
        while (true) {
            int now = word.get();
            Result result = resultOf(now, began);
            if (result != null) {
                return result;
            }
            try {
                if (!word.await(now, deadline)) {
                    return giveUp(began);
                }
            } catch (InterruptedIOException e) {
                result = giveUp(began);
                if (result == Result.TIMED_OUT) {
                    throw e;
                }
                word.interruptNext();
                return result;
            }
        }
    }

    /** How a wait ended that began then; null: it goes on. */
    private static @Nullable Result resultOf(int now, int began) {
        if (((now ^ began) & SyncDescriptor.RESETS) != 0) {
            return Result.BROKEN;
        }
        // Before a breach: it may be of the next turn.
        if (((now ^ began) & SyncDescriptor.PASSED) != 0) {
            return Result.PASSED;
        }
        return (now & SyncDescriptor.BROKEN) == 0 ? null : Result.BROKEN;
    }

    /** Breaks it for a wait that began then, unless that has ended meanwhile. */
    private Result giveUp(int began) {
        while (true) {
            int now = word.get();
            Result result = resultOf(now, began);
            if (result != null) {
                return result;
            }
            if (word.replace(now, now & SyncDescriptor.MAX_UNITS | SyncDescriptor.BROKEN)) {
                word.wakeAll();
                return Result.TIMED_OUT;
            }
        }
    }

    /** All have come: nobody is there any more. */
    private static int passed(int word) {
        return word + ONE_PASS & SyncDescriptor.PASSED | word & SyncDescriptor.RESETS;
    }

    /** Makes it as new; for who waits at it now it is broken. */
    public void reset() {
        int now = word.get();
        while (!word.replace(now, now + ONE_RESET & SyncDescriptor.RESETS | now & SyncDescriptor.PASSED)) {
            now = word.get();
        }
        word.wakeAll();
    }

    @Override
    public void close() {
        word.close();
    }
}
