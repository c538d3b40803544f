// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/**
 * Layout of one frame's entry in the table of a batch; {@code struct nks_slot} of {@code nk_shim.h}.
 *
 * <pre>
 *   0                8        12       16
 *   +----------------+--------+--------+
 *   | address        | length | result |
 *   +----------------+--------+--------+
 * </pre>
 */
public final class SlotDescriptor {
    /** long: address of the frame's first byte. */
    public static final int ADDRESS_OFFSET = 0;
    /** int: bytes to send, or the room to receive into. */
    public static final int LENGTH_OFFSET = ADDRESS_OFFSET + Long.BYTES;
    /** int, set by the call: bytes moved, or -errno for this frame alone. */
    public static final int RESULT_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    /** Bytes of one entry. */
    public static final int SLOT_LENGTH = RESULT_OFFSET + Integer.BYTES;
    /** Entries of one table at most. */
    public static final int MAX_BATCH = 1024;

    private SlotDescriptor() {
    }

    /** Where entry {@code index} begins in the table. */
    public static int slotOffset(int index) {
        return index * SLOT_LENGTH;
    }
}
