// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import java.nio.ByteBuffer;
import java.nio.ReadOnlyBufferException;

/**
 * A mapping of a {@link MemoryObject}. Its maker closes it, after the last use of its address and of every buffer: a
 * later access ends the JVM with SIGSEGV.
 */
public final class MappedMemory implements AutoCloseable {
    private final long size;
    private final boolean writable;
    private long address;

    static {
        Shim.bind(MappedMemory.class, "nks_memory_");
    }

    MappedMemory(long address, long size, boolean writable) {
        this.address = address;
        this.size = size;
        this.writable = writable;
    }

    /** Address of the first byte. */
    public long address() {
        if (address == 0) {
            throw new IllegalStateException("the mapping is closed");
        }
        return address;
    }

    /** Number of bytes mapped. */
    public long size() {
        return size;
    }

    /**
     * A new little-endian direct view of all bytes. That of a read-only mapping throws {@link ReadOnlyBufferException}
     * when written, where the hardware would end the JVM.
     */
    public ByteBuffer buffer() {
        ByteBuffer view = NativeBuffer.view(address(), size);
        return writable ? view : view.asReadOnlyBuffer().order(view.order());
    }

    /** Unmaps; a second call does nothing. */
    @Override
    public void close() {
        if (address != 0) {
            int result = unmap(address, size);
            address = 0;
            if (result < 0) {
                throw new IllegalStateException("munmap: " + Errno.describe(result));
            }
        }
    }

    private static native int unmap(long address, long size);
}
