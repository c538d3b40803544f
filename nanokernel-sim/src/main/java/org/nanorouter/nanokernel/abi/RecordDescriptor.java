// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/**
 * A record in a ring; C twin {@code struct nk_record}.
 *
 * <pre>
 *   0        4    6    8                16               24           36
 *   +--------+----+----+----------------+----------------+------------+----------+
 *   | length |type|flag| sequence       | enqueued at    | vnet_hdr   | payload  |
 *   +--------+----+----+----------------+----------------+------------+----------+
 * </pre>
 */
public final class RecordDescriptor {

    /** Unit of positions and spans. */
    public static final int ALIGNMENT = 8;

    /** Fills a ring up to its end, or cancels a record; only {@code length} and {@code type} are there. */
    public static final int TYPE_PADDING = 1;

    /** A {@code virtio_net_hdr_v1} and an Ethernet frame. */
    public static final int TYPE_ETHERNET = 2;

    /** A message between programs; its tag and kind are in the place of {@code vnet_hdr}. */
    public static final int TYPE_MESSAGE = 3;

    /** Bytes of {@code vnet_hdr}. */
    public static final int VNET_HDR_LENGTH = 12;

    public static final int LENGTH_OFFSET = 0;
    public static final int TYPE_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    public static final int FLAGS_OFFSET = TYPE_OFFSET + Short.BYTES;
    public static final int SEQUENCE_OFFSET = FLAGS_OFFSET + Short.BYTES;
    public static final int ENQUEUED_AT_OFFSET = SEQUENCE_OFFSET + Long.BYTES;
    public static final int VNET_HDR_OFFSET = ENQUEUED_AT_OFFSET + Long.BYTES;
    public static final int PAYLOAD_OFFSET = VNET_HDR_OFFSET + VNET_HDR_LENGTH;

    /** Largest span of a record that is not padding. */
    public static final int MAX_SPAN = span(AbiDescriptor.MAX_PAYLOAD);

    private RecordDescriptor() {
    }

    /** Bytes that a record with this payload occupies; for lengths from 0 to {@link AbiDescriptor#MAX_PAYLOAD}. */
    public static int span(int payloadLength) {
        return PAYLOAD_OFFSET + payloadLength + ALIGNMENT - 1 & -ALIGNMENT;
    }

    /** Whether a ring may have this capacity. */
    public static boolean isCapacity(long capacity) {
        return capacity >= AbiDescriptor.MIN_RING_CAPACITY && capacity <= AbiDescriptor.MAX_RING_CAPACITY
            && Long.bitCount(capacity) == 1;
    }
}
