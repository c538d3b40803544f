// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.InterruptedIOException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.SyncDescriptor;

/** Lets programs of all OSes go on together. */
public final class Barrier implements AutoCloseable {
    private static final int GENERATIONS =
            SyncDescriptor.WAS_RESET - 1 & -SyncDescriptor.GENERATION;

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
     */
    public Result await(long timeoutMs) throws InterruptedIOException {
        long deadline = Program.deadline(timeoutMs);
        while (true) {
            int now = word.get();
            if ((now & SyncDescriptor.BROKEN) != 0) {
                return Result.BROKEN;
            }
            int arrived = (now & SyncDescriptor.MAX_PARTIES) + 1;
            if (arrived >= parties) {
                if (word.replace(now, next(now))) {
                    word.wakeAll();
                    return Result.LAST;
                }
            } else if (timeoutMs == 0) {
                return Result.TIMED_OUT;
            } else if (word.replace(now, now & ~SyncDescriptor.MAX_PARTIES | arrived | SyncDescriptor.WAITERS)) {
                return awaitOthers(now & GENERATIONS, deadline);
            }
        }
    }

    private Result awaitOthers(int generation, long deadline) throws InterruptedIOException {
        while (true) {
            int now = word.get();
            Result result = resultOf(now, generation);
            if (result != null) {
                return result;
            }
            try {
                if (!word.await(now, deadline)) {
                    return giveUp(generation);
                }
            } catch (InterruptedIOException e) {
                result = giveUp(generation);
                if (result == Result.TIMED_OUT) {
                    throw e;
                }
                word.interruptNext();
                return result;
            }
        }
    }

    /** How a wait of that generation ended; null: it goes on. */
    private static @Nullable Result resultOf(int now, int generation) {
        if ((now & GENERATIONS) != generation) {
            boolean wasReset = (now & (GENERATIONS | SyncDescriptor.WAS_RESET))
                    == (next(generation) | SyncDescriptor.WAS_RESET);
            return wasReset ? Result.BROKEN : Result.PASSED;
        }
        return (now & SyncDescriptor.BROKEN) == 0 ? null : Result.BROKEN;
    }

    /** Breaks that generation, unless its wait has ended meanwhile. */
    private Result giveUp(int generation) {
        while (true) {
            int now = word.get();
            Result result = resultOf(now, generation);
            if (result != null) {
                return result;
            }
            if (word.replace(now, now & SyncDescriptor.MAX_UNITS | SyncDescriptor.BROKEN)) {
                word.wakeAll();
                return Result.TIMED_OUT;
            }
        }
    }

    private static int next(int word) {
        return (word & GENERATIONS) + SyncDescriptor.GENERATION & GENERATIONS;
    }

    /** Makes it as new; for who waits at it now it is broken. */
    public void reset() {
        int now = word.get();
        while (!word.replace(now, next(now) | SyncDescriptor.WAS_RESET)) {
            now = word.get();
        }
        word.wakeAll();
    }

    /** Whether it is broken. */
    public boolean isBroken() {
        return (word.get() & SyncDescriptor.BROKEN) != 0;
    }

    @Override
    public void close() {
        word.close();
    }
}
