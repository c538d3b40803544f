// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.io.InterruptedIOException;
import org.nanorouter.nanokernel.memory.FutexWord;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.Futex;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ShimException;

/** Ends one wait of a program, on descriptors or on a word. Any thread asks for it; the program's own is ended. */
final class Interruption implements AutoCloseable {
    private final NativeBuffer memory = NativeBuffer.allocate(Integer.BYTES);
    /** 1: a wait is to end. */
    private final FutexWord word = new FutexWord(memory.buffer(), memory.address(), 0);
    /** Only wakes: what it has counted means nothing. */
    private final int eventFd;

    Interruption() throws ShimException {
        eventFd = EventFd.create();
        if (eventFd < 0) {
            memory.close();
            throw new ShimException(-eventFd, "make an eventfd");
        }
    }

    /** To be added to a wait set. */
    int eventFd() {
        return eventFd;
    }

    void ask() {
        word.set(1);
        EventFd.ring(eventFd);
        Futex.wakePrivate(word.address(), Integer.MAX_VALUE);
    }

    /** Ends the wait that calls this, if it is to end. */
    void check() throws InterruptedIOException {
        if (word.replace(1, 0)) {
            throw new InterruptedIOException("the wait was interrupted");
        }
    }

    /** Waits for a change of a word, {@link Futex#await}. */
    void await(long address, int expected, long timeoutNs) throws IOException {
        check();
        int result = Futex.await(address, expected, word.address(), 0, timeoutNs);
        if (result < 0 && result != -Errno.ETIMEDOUT) {
            throw new ShimException(-result, "wait for a word");
        }
        check();
    }

    @Override
    public void close() {
        Fd.close(eventFd);
        memory.close();
    }
}
