// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/**
 * Private memory outside the heap whose address native functions can take. Page-aligned and zero at first.
 *
 * <p>Its maker closes it. After that its address and every buffer of it must not be touched: the memory is gone, and
 * the JVM would end with SIGSEGV.
 */
public final class NativeBuffer implements AutoCloseable {
    private final long size;
    private final boolean guarded;
    private long address;

    static {
        Shim.bind(NativeBuffer.class, "nks_memory_");
    }

    private NativeBuffer(long address, long size, boolean guarded) {
        if (address < 0) {
            throw new OutOfMemoryError("native memory, bytes=" + size + ": " + Errno.describe((int) -address));
        }
        this.address = address;
        this.size = size;
        this.guarded = guarded;
    }

    /** Allocates {@code bytes} (1 to 2^31 - 1) zero bytes. */
    public static NativeBuffer allocate(long bytes) {
        return new NativeBuffer(allocatePages(checkSize(bytes)), bytes, false);
    }

    /**
     * Allocates memory between two inaccessible pages: an access behind its last byte ends the JVM; so does one before
     * its first if {@code bytes} is a multiple of the page size.
     */
    public static NativeBuffer allocateGuarded(long bytes) {
        return new NativeBuffer(allocateGuardedPages(checkSize(bytes)), bytes, true);
    }

    /** A NUL-terminated copy of {@code text} in UTF-8. */
    public static NativeBuffer of(String text) {
        if (text.indexOf('\0') >= 0) {
            throw new IllegalArgumentException("a NUL character in: " + text.replace('\0', '?'));
        }
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        NativeBuffer buffer = allocate(bytes.length + 1L);
        buffer.buffer().put(bytes);
        return buffer;
    }

    /** Address of the first byte. */
    public long address() {
        if (address == 0) {
            throw new IllegalStateException("the native buffer is closed");
        }
        return address;
    }

    /** Number of bytes. */
    public long size() {
        return size;
    }

    /** A new little-endian view of all bytes. */
    public ByteBuffer buffer() {
        return view(address(), size);
    }

    /** Frees the memory; a second call does nothing. */
    @Override
    public void close() {
        if (address != 0) {
            int result = guarded ? freeGuarded(address, size) : free(address, size);
            address = 0;
            if (result < 0) {
                throw new IllegalStateException("munmap: " + Errno.describe(result));
            }
        }
    }

    /** Bytes of one page of memory. */
    public static native int pageSize();

    static ByteBuffer view(long address, long size) {
        return new Pointer(address).getByteBuffer(0, size).order(ByteOrder.LITTLE_ENDIAN);
    }

    private static long checkSize(long bytes) {
        if (bytes <= 0 || bytes > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("bytes=" + bytes + "; expected 1 to " + Integer.MAX_VALUE);
        }
        return bytes;
    }

    private static native long allocatePages(long bytes);

    private static native long allocateGuardedPages(long bytes);

    private static native int free(long address, long bytes);

    private static native int freeGuarded(long address, long bytes);
}
