// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.util.concurrent.TimeUnit;
import java.util.function.IntConsumer;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.WaitSet;

/** What a program waits for, behind one descriptor, and for how long. */
final class Waits implements AutoCloseable {
    /** The token of the connection to the nanokernel; ids of connections are greater. */
    static final int LINK = 0;

    private static final int INTERRUPT = -1;
    private static final int MAX_TOKENS = 64;

    private final int waitSet;
    private final Interruption interruption;
    private final NativeBuffer tokens = NativeBuffer.allocate(MAX_TOKENS * Integer.BYTES);

    private Waits(int waitSet, Interruption interruption) {
        this.waitSet = waitSet;
        this.interruption = interruption;
    }

    /** Waits for what comes over the connection to the nanokernel, and for interruptions. */
    static Waits open(int linkFd) throws ShimException {
        int waitSet = Errno.check(WaitSet.create(), "make a wait set");
        Interruption interruption = null;
        try {
            interruption = new Interruption();
            Errno.check(WaitSet.add(waitSet, linkFd, LINK), "add the nanokernel to the wait set");
            Errno.check(WaitSet.add(waitSet, interruption.eventFd(), INTERRUPT), "add an eventfd to the wait set");
            return new Waits(waitSet, interruption);
        } catch (ShimException e) {
            if (interruption != null) {
                interruption.close();
            }
            Fd.close(waitSet);
            throw e;
        }
    }

    /** Readable when something may have come. */
    int fd() {
        return waitSet;
    }

    Interruption interruption() {
        return interruption;
    }

    /** Also waits for a descriptor, which {@code token} names. Answers 0 or -errno. */
    int add(int fd, int token) {
        return WaitSet.add(waitSet, fd, token);
    }

    /** Waits for a descriptor no more, which is about to be closed. */
    void remove(int fd) {
        WaitSet.remove(waitSet, fd);
    }

    /**
     * Waits until something comes, and tells where.
     *
     * @return in how many places; 0 when the time is over
     */
    int await(long timeoutMs, IntConsumer where) {
        int count = WaitSet.await(waitSet, tokens.address(), MAX_TOKENS, (int) Math.min(timeoutMs, Integer.MAX_VALUE));
        for (int i = 0; i < count; i++) {
            int token = tokens.buffer().getInt(i * Integer.BYTES);
            if (token != INTERRUPT) {
                where.accept(token);
            }
        }
        return Math.max(count, 0);
    }

    /** A point in time, {@link Long#MAX_VALUE} for a timeout of -1. */
    static long deadline(long timeoutMs) {
        return timeoutMs < 0 ? Long.MAX_VALUE : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    }

    /** Milliseconds until then, rounded up; -1 for ever. */
    static long left(long deadline) {
        if (deadline == Long.MAX_VALUE) {
            return -1;
        }
        long ns = deadline - System.nanoTime();
        return ns <= 0 ? 0 : (ns + 999_999) / 1_000_000;
    }

    @Override
    public void close() {
        Fd.close(waitSet);
        interruption.close();
        tokens.close();
    }
}
