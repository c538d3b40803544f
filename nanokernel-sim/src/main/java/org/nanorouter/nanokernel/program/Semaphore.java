// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.nanorouter.nanokernel.abi.SyncDescriptor;

/** Units that programs of all OSes take and give. Nobody holds them: what a program took that died is gone. */
public final class Semaphore implements AutoCloseable {
    private final SyncWord word;
    private final int limit;

    Semaphore(SyncWord word, int limit) {
        this.word = word;
        this.limit = limit;
    }

    /**
     * Takes a unit; without a system call if there is one.
     *
     * @param timeoutMs how long to wait; 0: not at all; -1: for ever
     * @return false if there was none in time
     * @throws InterruptedIOException after {@link Program#interrupt}
     * @throws IOException            if the kernel has no memory to wait with
     */
    public boolean acquire(long timeoutMs) throws IOException {
        long deadline = Waits.deadline(timeoutMs);
        while (true) {
            int now = word.get();
            int units = now & SyncDescriptor.MAX_UNITS;
            if (units > 0) {
                if (word.replace(now, now - 1)) {
                    return true;
                }
            } else if (timeoutMs == 0) {
                return false;
            } else if (now == SyncDescriptor.WAITERS || word.replace(now, SyncDescriptor.WAITERS)) {
                if (!word.await(SyncDescriptor.WAITERS, deadline)) {
                    return false;
                }
            }
        }
    }

    /** Gives a unit; false if there are as many as there may be. */
    public boolean release() {
        while (true) {
            int now = word.get();
            int units = now & SyncDescriptor.MAX_UNITS;
            if (units >= limit) {
                return false;
            }
            if (word.replace(now, units + 1)) {
                if (now < 0) {
                    word.wakeAll();
                }
                return true;
            }
        }
    }

    @Override
    public void close() {
        word.close();
    }
}
