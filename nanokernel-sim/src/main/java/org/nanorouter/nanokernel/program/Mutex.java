// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.nanorouter.nanokernel.abi.SyncDescriptor;

/** Held by one program at a time, of whatever OS. */
public final class Mutex implements AutoCloseable {
    private final SyncWord word;

    Mutex(SyncWord word) {
        this.word = word;
    }

    /** How an attempt to lock ended. */
    public enum Result {
        /** The program holds it. */
        LOCKED,
        /** The program holds it, and the one that held it before died: what it guards may be half done. */
        LOCKED_AFTER_DEATH,
        /** Another program holds it. */
        TIMED_OUT
    }

    /**
     * Takes it; without a system call if nobody holds it.
     *
     * @param timeoutMs how long to wait; 0: not at all; -1: for ever
     * @throws IllegalStateException if this program holds it
     * @throws InterruptedIOException after {@link Program#interrupt}
     * @throws IOException            if the kernel has no memory to wait with
     */
    public Result lock(long timeoutMs) throws IOException {
        long deadline = Waits.deadline(timeoutMs);
        int waiters = 0;
        while (true) {
            int now = word.get();
            int holder = now & SyncDescriptor.HOLDER;
            if (holder == word.programId()) {
                throw new IllegalStateException("the program holds the mutex");
            }
            if (holder == 0) {
                if (word.replace(now, word.programId() | waiters | now & SyncDescriptor.WAITERS)) {
                    return (now & SyncDescriptor.DIED) != 0 ? Result.LOCKED_AFTER_DEATH : Result.LOCKED;
                }
            } else if (timeoutMs == 0) {
                return Result.TIMED_OUT;
            } else {
                int waiting = now | SyncDescriptor.WAITERS;
                if (now == waiting || word.replace(now, waiting)) {
                    if (!await(waiting, deadline)) {
                        return Result.TIMED_OUT;
                    }
                    // Others may wait as well, and an unlock wakes one alone.
                    waiters = SyncDescriptor.WAITERS;
                }
            }
        }
    }

    private boolean await(int waiting, long deadline) throws IOException {
        try {
            return word.await(waiting, deadline);
        } catch (InterruptedIOException e) {
            // It may have been this program's turn.
            word.wakeOne();
            throw e;
        }
    }

    /**
     * Gives it back.
     *
     * @throws IllegalStateException if this program does not hold it
     */
    public void unlock() {
        while (true) {
            int now = word.get();
            if ((now & SyncDescriptor.HOLDER) != word.programId()) {
                throw new IllegalStateException("the program does not hold the mutex");
            }
            if (word.replace(now, 0)) {
                if (now < 0) {
                    word.wakeOne();
                }
                return;
            }
        }
    }

    /** Gives it back to the nanokernel; whoever locks next is told, if this program holds it. */
    @Override
    public void close() {
        word.close();
    }
}
