// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.pcapng;

/**
 * The blocks and options that are written. Numbers are little-endian, every block and option is padded to 4 bytes.
 *
 * <pre>
 *   0        4        8                       length-4    length
 *   +--------+--------+-----------------------+-----------+
 *   | type   | length | body, then options    | length    |
 *   +--------+--------+-----------------------+-----------+
 *
 *   0      2        4
 *   +------+--------+- - - - - - - - - +
 *   | code | length | value, padded    |    an option; a list of them ends with code 0, length 0
 *   +------+--------+- - - - - - - - - +
 * </pre>
 */
final class PcapngDescriptor {
    /** Section header: u32 byte order, u16 major, u16 minor, i64 length of the section; options. */
    static final int SECTION_HEADER = 0x0A0D_0D0A;
    /** Interface description: u16 link type, u16 0, u32 longest packet; options. */
    static final int INTERFACE = 1;
    /** Interface statistics: u32 interface, u32 time high, u32 time low; options. */
    static final int STATISTICS = 5;
    /** Enhanced packet: u32 interface, u32 time high, u32 time low, u32 captured, u32 original; packet; options. */
    static final int ENHANCED_PACKET = 6;
    /** systemd journal export: one entry in the journal's export format, padded with zeros; no options. */
    static final int JOURNAL_EXPORT = 9;

    static final int BYTE_ORDER_MAGIC = 0x1A2B_3C4D;
    static final short MAJOR = 1;
    static final short MINOR = 0;
    static final long LENGTH_UNKNOWN = -1;

    static final int END_OF_OPTIONS = 0;
    /** UTF-8; of every block, more than once. */
    static final int COMMENT = 1;
    /** UTF-8, of a section: the program that writes. */
    static final int APPLICATION = 4;
    /** UTF-8, of an interface. */
    static final int NAME = 2;
    /** UTF-8, of an interface. */
    static final int DESCRIPTION = 3;
    /** u8, of an interface: the unit of its times is 10 to the power of minus this in seconds. */
    static final int TIME_RESOLUTION = 9;

    /** u8 0, then UTF-8, of an interface: a filter in libpcap's language. */
    static final int FILTER = 11;
    /** u32, of a packet: bits 0 and 1 are its direction. */
    static final int FLAGS = 2;
    /** u64, of a packet. */
    static final int PACKET_ID = 5;
    /** u64, of statistics: packets that came, and those that were lost. */
    static final int RECEIVED = 4;
    static final int DROPPED = 5;

    static final byte NANOSECONDS = 9;
    static final int ALIGNMENT = 4;
    /** Type and length before a body, length behind it. */
    static final int BLOCK_HEADER_LENGTH = 8;
    static final int BLOCK_TRAILER_LENGTH = 4;
    static final int OPTION_HEADER_LENGTH = 4;
    static final int MAX_OPTION_LENGTH = 0xFFFF;

    private PcapngDescriptor() {
    }

    /** The next multiple of {@link #ALIGNMENT}. */
    static int padded(int length) {
        return length + ALIGNMENT - 1 & -ALIGNMENT;
    }
}
