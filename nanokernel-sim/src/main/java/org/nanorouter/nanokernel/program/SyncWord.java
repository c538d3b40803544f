// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.attach.ObjectGrant;
import org.nanorouter.nanokernel.memory.FutexWord;

/** The word of a sync object, and waiting for its change. Other programs write it too, and may write anything. */
final class SyncWord implements AutoCloseable {
    private final Program program;
    private final ObjectGrant grant;
    private final ByteBuffer page;
    private final FutexWord word;
    private boolean closed;

    SyncWord(Program program, ObjectGrant grant) {
        this.program = program;
        this.grant = grant;
        this.page = grant.memory().buffer();
        this.word = new FutexWord(page, grant.memory().address(), SyncDescriptor.WORD_OFFSET);
    }

    int id() {
        return grant.id();
    }

    /** Whether the page is what the nanokernel wrote there. */
    boolean isOf(SyncKind kind, int limit) {
        return page.getLong(SyncDescriptor.MAGIC_OFFSET) == SyncDescriptor.MAGIC
                && page.getInt(SyncDescriptor.KIND_OFFSET) == kind.value()
                && page.getInt(SyncDescriptor.LIMIT_OFFSET) == limit;
    }

    int programId() {
        return program.programId();
    }

    int get() {
        checkOpen();
        return word.get();
    }

    boolean replace(int expected, int by) {
        return word.replace(expected, by);
    }

    /**
     * Waits while the word is as expected, or is woken for nothing.
     *
     * @param deadline of {@link Waits#deadline}
     * @return false if the time is over
     */
    boolean await(int expected, long deadline) throws IOException {
        long left = deadline == Long.MAX_VALUE ? -1 : deadline - System.nanoTime();
        if (deadline != Long.MAX_VALUE && left <= 0) {
            return false;
        }
        program.awaitWord(word.address(), expected, left);
        return true;
    }

    /** The interruption that ended a wait is for another one. */
    void interruptNext() {
        program.interrupt();
    }

    void wakeAll() {
        word.wake(Integer.MAX_VALUE);
    }

    void wakeOne() {
        word.wake(1);
    }

    /** Gives it back to the nanokernel. */
    @Override
    public void close() {
        program.forget(this);
    }

    void free() {
        closed = true;
        grant.memory().close();
    }

    private void checkOpen() {
        if (closed) {
            throw new IllegalStateException("the sync object is closed");
        }
    }
}
