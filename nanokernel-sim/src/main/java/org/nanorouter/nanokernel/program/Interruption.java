// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.InterruptedIOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.Futex;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ShimException;

/** Ends one wait of a program, on descriptors or on a word. Any thread asks for it; the program's own is ended. */
final class Interruption implements AutoCloseable {
    private static final VarHandle INTS =
            MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** 1: a wait is to end. */
    private final NativeBuffer word = NativeBuffer.allocate(Integer.BYTES);
    /** Only wakes: what it has counted means nothing. */
    private final int eventFd;

    Interruption() throws ShimException {
        eventFd = Errno.check(EventFd.create(), "make an eventfd");
    }

    /** To be added to a wait set. */
    int eventFd() {
        return eventFd;
    }

    void ask() {
        INTS.setVolatile(word.buffer(), 0, 1);
        EventFd.ring(eventFd);
        Futex.wakePrivate(word.address(), Integer.MAX_VALUE);
    }

    /** Ends the wait that calls this, if it is to end. */
    void check() throws InterruptedIOException {
        if (INTS.compareAndSet(word.buffer(), 0, 1, 0)) {
            throw new InterruptedIOException("the wait was interrupted");
        }
    }

    /** Waits for a change of a word, {@link Futex#await}. */
    void await(long address, int expected, long timeoutNs) throws InterruptedIOException {
        check();
        Futex.await(address, expected, word.address(), 0, timeoutNs);
        check();
    }

    @Override
    public void close() {
        Fd.close(eventFd);
        word.close();
    }
}
