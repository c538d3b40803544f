// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.nio.ByteBuffer;
import org.nanorouter.router.frame.VnetHeader;
import org.nanorouter.router.frame.VnetHeaderDescriptor;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.SlotDescriptor;

/**
 * Places for frames, all of one size, in memory that native calls can reach, and the table that names them.
 *
 * <pre>
 *   slot i:  0             12                      stride
 *            +-------------+-----------------------+
 *            | vnet_hdr    | Ethernet frame        |
 *            +-------------+-----------------------+
 *                          ^ address of table entry i
 * </pre>
 */
final class FrameSlots implements AutoCloseable {
    private static final int ALIGNMENT = 64;

    private final int capacity;
    private final int stride;
    private final int maxFrame;
    private final NativeBuffer frames;
    private final NativeBuffer table;
    private final ByteBuffer memory;
    private final ByteBuffer entries;

    FrameSlots(int capacity, int maxFrame) {
        this.capacity = capacity;
        this.maxFrame = maxFrame;
        stride = VnetHeaderDescriptor.LENGTH + maxFrame + ALIGNMENT - 1 & -ALIGNMENT;
        frames = NativeBuffer.allocate((long) capacity * stride);
        table = NativeBuffer.allocate((long) capacity * SlotDescriptor.SLOT_LENGTH);
        memory = frames.buffer();
        entries = table.buffer();
        for (int i = 0; i < capacity; i++) {
            VnetHeader.clear(memory, offset(i));
            entries.putLong(SlotDescriptor.slotOffset(i) + SlotDescriptor.ADDRESS_OFFSET,
                    frames.address() + frameOffset(i));
            length(i, maxFrame);
        }
    }

    int capacity() {
        return capacity;
    }

    int maxFrame() {
        return maxFrame;
    }

    ByteBuffer memory() {
        return memory;
    }

    long address() {
        return frames.address();
    }

    long tableAddress() {
        return table.address();
    }

    /** Native address of an entry of the table, from which on a wire goes on. */
    long tableAddress(int index) {
        return table.address() + SlotDescriptor.slotOffset(index);
    }

    /** Where the vnet_hdr of a slot is in {@link #memory}. */
    int offset(int index) {
        return index * stride;
    }

    /** Where the frame of a slot is in {@link #memory}. */
    int frameOffset(int index) {
        return index * stride + VnetHeaderDescriptor.LENGTH;
    }

    /** Sets the bytes to send, or the room to receive into. */
    void length(int index, int length) {
        entries.putInt(SlotDescriptor.slotOffset(index) + SlotDescriptor.LENGTH_OFFSET, length);
    }

    int length(int index) {
        return entries.getInt(SlotDescriptor.slotOffset(index) + SlotDescriptor.LENGTH_OFFSET);
    }

    /** Sets the bytes moved, or the negative error of this slot alone. */
    void result(int index, int result) {
        entries.putInt(SlotDescriptor.slotOffset(index) + SlotDescriptor.RESULT_OFFSET, result);
    }

    int result(int index) {
        return entries.getInt(SlotDescriptor.slotOffset(index) + SlotDescriptor.RESULT_OFFSET);
    }

    @Override
    public void close() {
        frames.close();
        table.close();
    }
}
