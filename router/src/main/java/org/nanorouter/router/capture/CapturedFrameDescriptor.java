// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

/**
 * What lies between a captured record's vnet_hdr and the bytes of its frame; little-endian. When the frame came is the
 * record's own time. Short, so that the longest frame still fits behind it: an IP packet of 65,535 bytes in Ethernet.
 */
final class CapturedFrameDescriptor {
    /** u64, counts the frames that this router has moved while somebody captured; of {@link #LOST}: frames so far. */
    static final int ID_OFFSET = 0;
    /** u64, a bit for each port that it was sent to; of {@link #TAKEN}: the position. */
    static final int EGRESSES_OFFSET = 8;
    /** u32, ns that it lay in the ring that it came from, with {@link #FROM_RING}; saturated. */
    static final int QUEUED_OFFSET = 16;
    /** u32, ns from its receipt until the batch was sent; saturated. */
    static final int ROUTER_OFFSET = 20;
    /** u32, bytes of the whole frame. */
    static final int LENGTH_OFFSET = 24;
    /** u32, with {@link #FROM_RING}: lower halves of the number and the position of its record there. */
    static final int SEQUENCE_OFFSET = 28;
    static final int POSITION_OFFSET = 32;
    /** u32, with {@link #TO_RING}: lower halves of the number and the position of its record there. */
    static final int NEXT_SEQUENCE_OFFSET = 36;
    static final int NEXT_POSITION_OFFSET = 40;
    /** u8, index of the port that it came from; of {@link #TAKEN}: that the ring leads to. */
    static final int PORT_OFFSET = 44;
    /** u8, 1 + place of the {@code Drop} reason, 0: it was sent to somebody. */
    static final int DROP_OFFSET = 45;
    /** u8, of how many frames it was made as it came in; saturated. */
    static final int PARTS_OFFSET = 46;
    /** u8, what follows. */
    static final int FLAGS_OFFSET = 47;
    /** u8, with {@link #TO_RING}: index of the port whose ring that is. */
    static final int NEXT_PORT_OFFSET = 48;
    static final int LENGTH = 49;

    /** It came from a ring. */
    static final int FROM_RING = 1;
    /** It was put into a ring: if into several, the numbers are of the last. */
    static final int TO_RING = 2;
    /** No frame: of the ring to a peer everything before a position was taken at the record's time. */
    static final int TAKEN = 4;
    /** No frame: so many from a port found no room in this ring. */
    static final int LOST = 8;

    private CapturedFrameDescriptor() {
    }
}
