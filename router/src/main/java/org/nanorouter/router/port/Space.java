// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port;

import java.nio.ByteBuffer;

/**
 * Memory to read frames into: a window of a direct buffer, which is reused and re-aimed.
 *
 * <p>Frames are laid out in it as ring records (docs/abi.md section 4.1), whether the memory is a ring's or not: the
 * first record begins at {@link #offset}, its vnet_hdr {@link #HEADER_GAP} bytes after that, the next record one
 * {@linkplain #span span} further on. The reader leaves the gap alone.
 *
 * <pre>
 *   offset                +24          +36               +span(length)
 *   +---------------------+------------+-----------------+---------------------+- - -
 *   | gap                 | vnet_hdr   | Ethernet frame  | gap                 |
 *   +---------------------+------------+-----------------+---------------------+- - -
 * </pre>
 */
public final class Space {
    /** Bytes from the start of a record to its vnet_hdr. */
    public static final int HEADER_GAP = 24;

    private static final int OVERHEAD = HEADER_GAP + FrameBatch.VNET_HDR_LENGTH;
    private static final int ALIGNMENT = 8;

    private ByteBuffer memory;
    private long address;
    private int offset;
    private int capacity;

    /** A space over the first {@code capacity} bytes of a buffer. */
    public Space(ByteBuffer memory, long address, int capacity) {
        this.memory = memory;
        this.address = address;
        this.capacity = capacity;
    }

    /** Moves the window within its memory. */
    public void aim(int newOffset, int newCapacity) {
        this.offset = newOffset;
        this.capacity = newCapacity;
    }

    /** Moves the window to other memory. */
    public void aim(ByteBuffer newMemory, long newAddress, int newOffset, int newCapacity) {
        this.memory = newMemory;
        this.address = newAddress;
        aim(newOffset, newCapacity);
    }

    public ByteBuffer memory() {
        return memory;
    }

    /** Native address of byte 0 of {@link #memory}. */
    public long address() {
        return address;
    }

    /** Where the first record begins. */
    public int offset() {
        return offset;
    }

    /** Bytes from {@link #offset} on. */
    public int capacity() {
        return capacity;
    }

    /** Bytes that the record of a frame of this length takes. */
    public static int span(int frameLength) {
        return OVERHEAD + frameLength + ALIGNMENT - 1 & -ALIGNMENT;
    }
}
