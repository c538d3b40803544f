// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/**
 * Layout of one record's entry in what {@link Tap#readBatch} tells; {@code struct nks_read} of {@code nk_shim.h}.
 *
 * <pre>
 *   0        4        8        12
 *   +--------+--------+--------+
 *   | length | frames | bytes  |
 *   +--------+--------+--------+
 * </pre>
 */
public final class ReadDescriptor {
    /** int: bytes of vnet_hdr and frame; in the entry behind the last, why the batch ended: -errno, or 0: a limit. */
    public static final int LENGTH_OFFSET = 0;
    /** int: frames that were read for this record, more than 1 if UDP datagrams were coalesced. */
    public static final int FRAMES_OFFSET = LENGTH_OFFSET + Integer.BYTES;
    /** int: bytes of these frames as they were read, without vnet_hdr. */
    public static final int BYTES_OFFSET = FRAMES_OFFSET + Integer.BYTES;
    /** Bytes of one entry. */
    public static final int READ_LENGTH = BYTES_OFFSET + Integer.BYTES;

    private ReadDescriptor() {
    }

    /** Where entry {@code index} begins. */
    public static int readOffset(int index) {
        return index * READ_LENGTH;
    }
}
