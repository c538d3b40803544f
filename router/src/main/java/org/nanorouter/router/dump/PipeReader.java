// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;

/** Whoever reads standard output, if that is a pipe: may go while there is nothing to write. */
final class PipeReader implements AutoCloseable {
    private static final int STANDARD_OUTPUT = 1;

    private final NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH);

    PipeReader() {
        entry.buffer().putInt(Poll.FD_OFFSET, STANDARD_OUTPUT).putShort(Poll.EVENTS_OFFSET, (short) 0);
    }

    /** Throws if it has gone. */
    void require() throws ReaderGoneException {
        if (Poll.poll(entry.address(), 1, 0) > 0
            && (entry.buffer().getShort(Poll.RETURNED_EVENTS_OFFSET) & Poll.ERR) != 0) {
            throw new ReaderGoneException();
        }
    }

    @Override
    public void close() {
        entry.close();
    }
}
