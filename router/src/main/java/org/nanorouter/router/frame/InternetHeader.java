// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.nio.ByteBuffer;

/**
 * Where the IP header of a frame lies and what it says: a reusable cursor, filled by {@link #parse}.
 *
 * <p>IPv4 is RFC 791 section 3.1, with options. IPv6 is RFC 8200 sections 3 and 4, with the extension headers that have
 * the common form (section 4 and RFC 6564), the fragment header (4.5) and the authentication header (RFC 4302). Offsets
 * count from the frame's first byte.
 */
public final class InternetHeader {

    public static final int PROTOCOL_TCP = 6;
    public static final int PROTOCOL_UDP = 17;

    static final int IPV4_MINIMUM_LENGTH = 20;
    static final int IPV4_TOTAL_LENGTH = 2;
    static final int IPV4_ID = 4;
    static final int IPV4_CHECKSUM = 10;
    static final int IPV4_ADDRESSES = 12;
    static final int IPV4_ADDRESSES_LENGTH = 8;
    static final int IPV6_LENGTH = 40;
    static final int IPV6_PAYLOAD_LENGTH = 4;
    static final int IPV6_ADDRESSES = 8;
    static final int IPV6_ADDRESSES_LENGTH = 32;

    private static final int IPV4_FRAGMENT = 6;
    private static final int IPV4_PROTOCOL = 9;
    private static final int IPV4_FRAGMENT_MASK = 0x3FFF;
    private static final int IPV6_NEXT_HEADER = 6;
    private static final int EXTENSION_MINIMUM_LENGTH = 8;

    private static final int HOP_BY_HOP = 0;
    private static final int ROUTING = 43;
    private static final int FRAGMENT = 44;
    private static final int AUTHENTICATION = 51;
    private static final int DESTINATION_OPTIONS = 60;
    private static final int MOBILITY = 135;
    private static final int HOST_IDENTITY = 139;
    private static final int SHIM6 = 140;

    private int version;
    private int networkOffset;
    private int protocol;
    private int transportOffset;
    private int end;
    private boolean fragment;

    /** As {@link #parse(ByteBuffer, int, int, int)}, with the whole frame readable. */
    public FrameFault parse(ByteBuffer buffer, int frameOffset, int frameLength) {
        return parse(buffer, frameOffset, frameLength, frameLength);
    }

    /**
     * Finds the network header behind at most {@link EthernetFrame#MAX_TAGS} tags, and the transport header behind it.
     *
     * @param readable how many of the frame's bytes are in the buffer: all of them, or the first part
     * @return {@link FrameFault#NONE} also for a frame that is not IP; see {@link #isInternet}
     */
    public FrameFault parse(ByteBuffer buffer, int frameOffset, int frameLength, int readable) {
        version = 0;
        protocol = -1;
        fragment = false;
        networkOffset = EthernetFrame.HEADER_LENGTH;
        end = frameLength;
        transportOffset = frameLength;
        if (Math.min(frameLength, readable) < EthernetFrame.HEADER_LENGTH) {
            return FrameFault.RUNT;
        }
        int type = EthernetFrame.type(buffer, frameOffset);
        for (int tags = 0; tags < EthernetFrame.MAX_TAGS && EthernetFrame.isTag(type); tags++) {
            if (networkOffset + EthernetFrame.TAG_LENGTH > Math.min(frameLength, readable)) {
                return FrameFault.NONE;
            }
            networkOffset += EthernetFrame.TAG_LENGTH;
            type = NetworkOrder.u16(buffer, frameOffset + networkOffset - 2);
        }
        if (type == EthernetFrame.TYPE_IPV4) {
            return parseIpv4(buffer, frameOffset, frameLength, readable);
        }
        if (type == EthernetFrame.TYPE_IPV6) {
            return parseIpv6(buffer, frameOffset, frameLength, readable);
        }
        return FrameFault.NONE;
    }

    private FrameFault parseIpv4(ByteBuffer buffer, int frameOffset, int frameLength,
            int readable) {
        FrameFault room = room(networkOffset + IPV4_MINIMUM_LENGTH, frameLength, readable);
        if (room != FrameFault.NONE) {
            return room;
        }
        int header = frameOffset + networkOffset;
        int versionAndLength = NetworkOrder.u8(buffer, header);
        int headerLength = (versionAndLength & 0xF) * 4;
        int totalLength = NetworkOrder.u16(buffer, header + IPV4_TOTAL_LENGTH);
        if (versionAndLength >>> 4 != 4 || headerLength < IPV4_MINIMUM_LENGTH || totalLength < headerLength
                || totalLength > frameLength - networkOffset) {
            return FrameFault.BAD_NETWORK_HEADER;
        }
        if (networkOffset + headerLength > readable) {
            return FrameFault.HEADERS_TOO_LONG;
        }
        fragment = (NetworkOrder.u16(buffer, header + IPV4_FRAGMENT) & IPV4_FRAGMENT_MASK) != 0;
        protocol = NetworkOrder.u8(buffer, header + IPV4_PROTOCOL);
        transportOffset = networkOffset + headerLength;
        end = networkOffset + totalLength;
        version = 4;
        return FrameFault.NONE;
    }

    private FrameFault parseIpv6(ByteBuffer buffer, int frameOffset, int frameLength,
            int readable) {
        FrameFault room = room(networkOffset + IPV6_LENGTH, frameLength, readable);
        if (room != FrameFault.NONE) {
            return room;
        }
        int header = frameOffset + networkOffset;
        int payloadLength = NetworkOrder.u16(buffer, header + IPV6_PAYLOAD_LENGTH);
        int packetEnd = networkOffset + IPV6_LENGTH + payloadLength;
        if (NetworkOrder.u8(buffer, header) >>> 4 != 6 || packetEnd > frameLength) {
            return FrameFault.BAD_NETWORK_HEADER;
        }
        int next = NetworkOrder.u8(buffer, header + IPV6_NEXT_HEADER);
        int position = networkOffset + IPV6_LENGTH;
        while (isExtension(next)) {
            FrameFault inside = room(position + EXTENSION_MINIMUM_LENGTH, packetEnd, readable);
            if (inside != FrameFault.NONE) {
                return inside;
            }
            int following = NetworkOrder.u8(buffer, frameOffset + position);
            int length = extensionLength(next, NetworkOrder.u8(buffer, frameOffset + position + 1));
            if (next == FRAGMENT) {
                fragment = true;
                if ((NetworkOrder.u16(buffer, frameOffset + position + 2) & ~7) != 0) {
                    // What follows in a later fragment is the middle of something, not a header.
                    next = following;
                    position += length;
                    break;
                }
            }
            if (position + length > packetEnd) {
                return FrameFault.BAD_NETWORK_HEADER;
            }
            next = following;
            position += length;
        }
        protocol = next;
        transportOffset = position;
        end = packetEnd;
        version = 6;
        return FrameFault.NONE;
    }

    private static FrameFault room(int needed, int available, int readable) {
        if (needed > available) {
            return FrameFault.BAD_NETWORK_HEADER;
        }
        return needed > readable ? FrameFault.HEADERS_TOO_LONG : FrameFault.NONE;
    }

    private static boolean isExtension(int next) {
        return switch (next) {
            case HOP_BY_HOP, ROUTING, FRAGMENT, AUTHENTICATION, DESTINATION_OPTIONS, MOBILITY, HOST_IDENTITY, SHIM6 ->
                true;
            default -> false;
        };
    }

    private static int extensionLength(int kind, int lengthField) {
        return switch (kind) {
            case FRAGMENT -> EXTENSION_MINIMUM_LENGTH;
            case AUTHENTICATION -> Math.max(EXTENSION_MINIMUM_LENGTH, (lengthField + 2) * 4);
            default -> (lengthField + 1) * 8;
        };
    }

    /** Whether the frame carries IP at all. */
    public boolean isInternet() {
        return version != 0;
    }

    /** 4, 6, or 0 if the frame is not IP. */
    public int version() {
        return version;
    }

    /** Where the IP header starts. */
    public int networkOffset() {
        return networkOffset;
    }

    /** The protocol behind IPv4's options or IPv6's extension headers, -1 if the frame is not IP. */
    public int protocol() {
        return protocol;
    }

    /** Where the transport header starts; at most {@link #end}. */
    public int transportOffset() {
        return transportOffset;
    }

    /** Where the packet ends by its own length; what follows is padding. */
    public int end() {
        return end;
    }

    /** Whether it is a fragment, or carries an IPv6 fragment header. */
    public boolean isFragment() {
        return fragment;
    }
}
