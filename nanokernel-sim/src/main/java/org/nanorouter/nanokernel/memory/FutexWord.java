// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nanorouter.shim.Futex;

/**
 * An aligned u32 that threads or processes change by compare-and-swap and wait for ({@link Futex}). Every access is
 * sequentially consistent: what was stored before a change is seen by whoever sees the change. Of shared memory it may
 * have any value at any time.
 */
public final class FutexWord {
    private static final VarHandle INTS =
        MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final ByteBuffer memory;
    private final int offset;
    private final long address;

    /**
     * The word at {@code offset} of a memory, which must not be unmapped before the last use of the word.
     *
     * @param address native address of offset 0 of {@code memory}
     */
    public FutexWord(ByteBuffer memory, long address, int offset) {
        this.memory = memory;
        this.offset = offset;
        this.address = address + offset;
    }

    /** For {@link Futex}. */
    public long address() {
        return address;
    }

    public int get() {
        return (int) INTS.getVolatile(memory, offset);
    }

    public void set(int value) {
        INTS.setVolatile(memory, offset, value);
    }

    /** Puts another value there; false, and nothing is changed, if it is not as expected. */
    public boolean replace(int expected, int by) {
        return INTS.compareAndSet(memory, offset, expected, by);
    }

    /** Wakes at most so many of those, of all processes, who wait for the word. */
    public void wake(int count) {
        Futex.wake(address, count);
    }
}
