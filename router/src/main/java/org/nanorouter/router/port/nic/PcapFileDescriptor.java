// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

/**
 * The layout of a capture file in the classic format (draft-ietf-opsawg-pcap), written little-endian.
 *
 * <pre>
 *   0          4       6       8        12       16       20       24
 *   +----------+-------+-------+--------+--------+--------+--------+- - - -
 *   | magic    | major | minor | 0      | 0      | snap   | link   | records
 *   +----------+-------+-------+--------+--------+--------+--------+- - - -
 *
 *   0          4            8           12          16
 *   +----------+------------+-----------+-----------+- - - -
 *   | seconds  | fraction   | captured  | original  | frame
 *   +----------+------------+-----------+-----------+- - - -
 * </pre>
 */
final class PcapFileDescriptor {
    static final int MICROSECOND_MAGIC = 0xA1B2_C3D4;
    static final int NANOSECOND_MAGIC = 0xA1B2_3C4D;
    static final short MAJOR = 2;
    static final short MINOR = 4;
    static final int LINK_ETHERNET = 1;

    static final int MAGIC_OFFSET = 0;
    static final int MAJOR_OFFSET = MAGIC_OFFSET + Integer.BYTES;
    static final int MINOR_OFFSET = MAJOR_OFFSET + Short.BYTES;
    static final int SNAP_LENGTH_OFFSET = MINOR_OFFSET + Short.BYTES + 2 * Integer.BYTES;
    static final int LINK_OFFSET = SNAP_LENGTH_OFFSET + Integer.BYTES;
    static final int HEADER_LENGTH = LINK_OFFSET + Integer.BYTES;

    static final int SECONDS_OFFSET = 0;
    static final int FRACTION_OFFSET = SECONDS_OFFSET + Integer.BYTES;
    static final int CAPTURED_OFFSET = FRACTION_OFFSET + Integer.BYTES;
    static final int ORIGINAL_OFFSET = CAPTURED_OFFSET + Integer.BYTES;
    static final int RECORD_HEADER_LENGTH = ORIGINAL_OFFSET + Integer.BYTES;

    private PcapFileDescriptor() {
    }
}
