// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

/**
 * The layout of {@code struct virtio_net_hdr_v1} (virtio 1.2, section 5.1.6), little-endian.
 *
 * <pre>
 *   0       1       2         4         6           8             10          12
 *   +-------+-------+---------+---------+-----------+-------------+-----------+
 *   | flags | type  | hdr_len | gso_size| csum_start| csum_offset | buffers   |
 *   +-------+-------+---------+---------+-----------+-------------+-----------+
 * </pre>
 */
public final class VnetHeaderDescriptor {

    public static final int FLAGS_OFFSET = 0;
    public static final int GSO_TYPE_OFFSET = FLAGS_OFFSET + Byte.BYTES;
    public static final int HEADER_LENGTH_OFFSET = GSO_TYPE_OFFSET + Byte.BYTES;
    public static final int GSO_SIZE_OFFSET = HEADER_LENGTH_OFFSET + Short.BYTES;
    public static final int CHECKSUM_START_OFFSET = GSO_SIZE_OFFSET + Short.BYTES;
    public static final int CHECKSUM_OFFSET_OFFSET = CHECKSUM_START_OFFSET + Short.BYTES;
    public static final int BUFFERS_OFFSET = CHECKSUM_OFFSET_OFFSET + Short.BYTES;
    public static final int LENGTH = BUFFERS_OFFSET + Short.BYTES;

    /** The transport checksum is still to be computed. */
    public static final int FLAG_NEEDS_CHECKSUM = 1;
    /** The transport checksum was found valid. */
    public static final int FLAG_DATA_VALID = 2;

    public static final int GSO_NONE = 0;
    public static final int GSO_TCPV4 = 1;
    public static final int GSO_TCPV6 = 4;
    public static final int GSO_UDP_L4 = 5;
    /** Added to a TCP type: the segment carries CWR. */
    public static final int GSO_ECN_BIT = 0x80;

    private VnetHeaderDescriptor() {
    }
}
