// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.nio.ByteBuffer;

/**
 * Reads and pads an Ethernet frame at (buffer, offset of its first byte); IEEE 802.3 section 3 and 802.1Q section 9.
 *
 * <pre>
 *   0             6             12     14
 *   +-------------+-------------+------+------------------
 *   | destination | source      | type | payload             type 0x8100 or 0x88A8: a tag of four bytes, then
 *   +-------------+-------------+------+------------------   the next type
 * </pre>
 *
 * An address is a long with the address in its low 48 bits, first byte on the wire highest. All methods but
 * {@link #vlan} and those with a length need at least {@link #HEADER_LENGTH} bytes.
 */
public final class EthernetFrame {

    public static final int DESTINATION_OFFSET = 0;
    public static final int SOURCE_OFFSET = 6;
    public static final int TYPE_OFFSET = 12;
    public static final int HEADER_LENGTH = 14;
    public static final int TAG_LENGTH = 4;
    /** Tags that are looked through on the way to the network header: a customer's and a provider's. */
    public static final int MAX_TAGS = 2;
    /** The shortest frame on a wire, without FCS. */
    public static final int MINIMUM_LENGTH = 60;

    public static final int TYPE_IPV4 = 0x0800;
    public static final int TYPE_ARP = 0x0806;
    public static final int TYPE_VLAN = 0x8100;
    public static final int TYPE_IPV6 = 0x86DD;
    public static final int TYPE_PROVIDER_VLAN = 0x88A8;

    public static final long BROADCAST = 0xFFFF_FFFF_FFFFL;

    private static final long GROUP_BIT = 0x0100_0000_0000L;
    private static final int VLAN_ID_MASK = 0xFFF;

    private EthernetFrame() {
    }

    public static long destination(ByteBuffer buffer, int frameOffset) {
        return NetworkOrder.u48(buffer, frameOffset + DESTINATION_OFFSET);
    }

    public static long source(ByteBuffer buffer, int frameOffset) {
        return NetworkOrder.u48(buffer, frameOffset + SOURCE_OFFSET);
    }

    /** The first type field: a tag's, if the frame is tagged. */
    public static int type(ByteBuffer buffer, int frameOffset) {
        return NetworkOrder.u16(buffer, frameOffset + TYPE_OFFSET);
    }

    /** Whether a type field announces a tag. */
    public static boolean isTag(int type) {
        return type == TYPE_VLAN || type == TYPE_PROVIDER_VLAN;
    }

    /** The outermost VLAN id; 0 for an untagged frame and for a tag that carries a priority alone. */
    public static int vlan(ByteBuffer buffer, int frameOffset, int frameLength) {
        if (frameLength < HEADER_LENGTH + TAG_LENGTH || !isTag(type(buffer, frameOffset))) {
            return 0;
        }
        return NetworkOrder.u16(buffer, frameOffset + HEADER_LENGTH) & VLAN_ID_MASK;
    }

    /** Whether an address is a multicast or the broadcast address. */
    public static boolean isGroup(long address) {
        return (address & GROUP_BIT) != 0;
    }

    /**
     * Fills a short frame up with zeros.
     *
     * @return its length now, at least {@link #MINIMUM_LENGTH}
     */
    public static int pad(ByteBuffer buffer, int frameOffset, int frameLength) {
        for (int i = frameLength; i < MINIMUM_LENGTH; i++) {
            buffer.put(frameOffset + i, (byte) 0);
        }
        return Math.max(frameLength, MINIMUM_LENGTH);
    }

    /**
     * The length of a frame without the padding that a wire added, as far as an IP length tells; else its length as it
     * is.
     */
    public static int trimmedLength(ByteBuffer buffer, int frameOffset, int frameLength,
            InternetHeader header) {
        if (header.parse(buffer, frameOffset, frameLength) != FrameFault.NONE || !header.isInternet()) {
            return frameLength;
        }
        return header.end();
    }

    /** An address in its usual form, for people. */
    public static String format(long address) {
        StringBuilder text = new StringBuilder(17);
        for (int shift = 40; shift >= 0; shift -= 8) {
            int octet = (int) (address >>> shift) & 0xFF;
            text.append(Character.forDigit(octet >>> 4, 16)).append(Character.forDigit(octet & 0xF, 16));
            if (shift > 0) {
                text.append(':');
            }
        }
        return text.toString();
    }

    /**
     * Reads an address in its usual form.
     *
     * @throws IllegalArgumentException if it is not six pairs of hexadecimal digits with colons between them
     */
    public static long parseAddress(String text) {
        if (!text.matches("[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){5}")) {
            throw new IllegalArgumentException("not an Ethernet address: address=" + text);
        }
        return Long.parseLong(text.replace(":", ""), 16);
    }
}
