// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.nio.ByteBuffer;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.shim.Filter;
import org.nanorouter.shim.NativeBuffer;

/** Memory for one native call that runs a filter over a batch. */
final class FilterScratch implements AutoCloseable {
    private static final int ENTRY = 2 * Integer.BYTES;
    private static final int RESULTS = FrameBatch.MAX_FRAMES * ENTRY;

    private final NativeBuffer memory = NativeBuffer.allocate(RESULTS + FrameBatch.MAX_FRAMES);
    private final ByteBuffer buffer = memory.buffer();

    /** Runs a program; answers how many frames match. */
    int match(long program, FrameBatch batch) {
        int count = batch.count();
        for (int i = 0; i < count; i++) {
            buffer.putInt(i * ENTRY, batch.frameOffset(i));
            buffer.putInt(i * ENTRY + Integer.BYTES, batch.frameLength(i));
        }
        return Filter.match(program, batch.address(), memory.address(), count, memory.address() + RESULTS);
    }

    /** Whether a frame matched. */
    boolean matches(int index) {
        return buffer.get(RESULTS + index) != 0;
    }

    @Override
    public void close() {
        memory.close();
    }
}
