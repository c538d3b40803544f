// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/**
 * The region of one OS and its header; C twins {@code struct nk_os_region} and {@code struct nk_os_header}.
 *
 * <pre>
 *      0 +----------------------------------------+
 *        | header                            4096 |
 *   4096 +----------------------------------------+
 *        | cursor blocks, 32 x {@link CursorDescriptor}    |
 *  12288 +----------------------------------------+
 *        | transmit rings, as the directory says  |
 *        +----------------------------------------+
 * </pre>
 */
public final class OsRegionDescriptor {

    /** "NNRNKOS0" in memory. */
    public static final long MAGIC = 0x30534F4B_4E524E4EL;

    /** {@code panic_state} before a panic. */
    public static final int PANIC_NONE = 0;

    /** {@code panic_state} once the panic record is complete. */
    public static final int PANIC_WRITTEN = 1;

    /** Bytes of {@code panic_text}. */
    public static final int PANIC_TEXT_LENGTH = 240;

    public static final int MAGIC_OFFSET = 0;
    public static final int REVISION_OFFSET = MAGIC_OFFSET + Long.BYTES;
    public static final int OS_ID_OFFSET = REVISION_OFFSET + Integer.BYTES;
    public static final int EPOCH_OFFSET = OS_ID_OFFSET + Integer.BYTES;
    public static final int REGION_LENGTH_OFFSET = EPOCH_OFFSET + Integer.BYTES + Integer.BYTES;

    /** Release; partner: acquire loads of the nanokernel and of the peers. */
    public static final int HEARTBEAT_OFFSET = REGION_LENGTH_OFFSET + Long.BYTES + 12 * Long.BYTES;

    /** Release, written last of the panic record; partner: the nanokernel's acquire load. */
    public static final int PANIC_STATE_OFFSET = HEARTBEAT_OFFSET + Long.BYTES + 15 * Long.BYTES;

    public static final int PANIC_CODE_OFFSET = PANIC_STATE_OFFSET + Integer.BYTES;
    public static final int PANIC_AT_OFFSET = PANIC_CODE_OFFSET + Integer.BYTES;
    public static final int PANIC_TEXT_OFFSET = PANIC_AT_OFFSET + Long.BYTES;

    /** Start of the cursor blocks. */
    public static final int CURSORS_OFFSET = AbiDescriptor.PAGE_LENGTH;

    /** Start of the ring data. */
    public static final int RINGS_OFFSET = CURSORS_OFFSET + AbiDescriptor.MAX_OS * CursorDescriptor.BLOCK_LENGTH;

    private OsRegionDescriptor() {
    }

    /** Offset of the cursor block for the channel with {@code peerId}. */
    public static int cursorsOffset(int peerId) {
        return CURSORS_OFFSET + peerId * CursorDescriptor.BLOCK_LENGTH;
    }

    /**
     * Length of a region with one transmit ring of {@code ringCapacity} bytes to each of {@code peers}.
     *
     * @throws IllegalArgumentException if a number is outside its limits
     */
    public static int regionLength(int peers, int ringCapacity) {
        if (peers < 0 || peers >= AbiDescriptor.MAX_OS) {
            throw new IllegalArgumentException("peers=" + peers + ", expected 0 to " + (AbiDescriptor.MAX_OS - 1));
        }
        if (!RecordDescriptor.isCapacity(ringCapacity)) {
            throw new IllegalArgumentException("ringCapacity=" + ringCapacity + ", expected a power of two from "
                + AbiDescriptor.MIN_RING_CAPACITY + " to " + AbiDescriptor.MAX_RING_CAPACITY);
        }
        final long length = RINGS_OFFSET + (long) peers * ringCapacity;
        if (length > AbiDescriptor.MAX_REGION_LENGTH) {
            throw new IllegalArgumentException("peers=" + peers + " with ringCapacity=" + ringCapacity + " need "
                + length + " bytes, a region has at most " + AbiDescriptor.MAX_REGION_LENGTH);
        }
        return (int) length;
    }

    /**
     * Offset of the data of the {@code slot}th transmit ring, in a region whose rings all have one capacity.
     */
    public static int ringDataOffset(int slot, int ringCapacity) {
        return RINGS_OFFSET + slot * ringCapacity;
    }
}
