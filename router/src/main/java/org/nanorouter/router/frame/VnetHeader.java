// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import static org.nanorouter.router.frame.VnetHeaderDescriptor.CHECKSUM_OFFSET_OFFSET;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.CHECKSUM_START_OFFSET;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.FLAGS_OFFSET;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.FLAG_DATA_VALID;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.FLAG_NEEDS_CHECKSUM;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.GSO_ECN_BIT;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.GSO_NONE;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.GSO_SIZE_OFFSET;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.GSO_TCPV4;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.GSO_TCPV6;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.GSO_TYPE_OFFSET;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.GSO_UDP_L4;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.HEADER_LENGTH_OFFSET;
import static org.nanorouter.router.frame.VnetHeaderDescriptor.LENGTH;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The virtio_net_hdr of one frame, read once and checked as Linux checks what is written to a TAP.
 *
 * <p>{@link #check} reads each word of the header once into this object. Frames in a peer's ring may change at any
 * time; who acts on the header acts on the words here. The frame's own headers are looked at for large segments alone.
 *
 * <p>Not safe for concurrent use.
 */
public final class VnetHeader {

    /** The longest frame, as {@code MAX_PAYLOAD} in docs/abi.md. */
    public static final int MAX_FRAME_LENGTH = 65_600;
    /** Linux cuts at an MSS of 48 at the least: 65,535 / 48, rounded up to a power of two. */
    public static final int MAX_TCP_SEGMENTS = 2048;
    /** Linux' UDP_MAX_SEGMENTS. */
    public static final int MAX_UDP_SEGMENTS = 128;

    private static final VarHandle SHORT = MethodHandles.byteBufferViewVarHandle(short[].class,
            ByteOrder.LITTLE_ENDIAN);
    private static final int FLAGS = FLAG_NEEDS_CHECKSUM | FLAG_DATA_VALID;
    private static final int RESERVED_GSO_SIZE = 0xFFFF;
    private static final int LOWEST_CHECKSUM_START =
            EthernetFrame.HEADER_LENGTH + InternetHeader.IPV4_MINIMUM_LENGTH;

    private final InternetHeader internet = new InternetHeader();
    private int flags;
    private int gsoType;
    private int gsoSize;
    private int checksumStart;
    private int checksumOffset;
    private int headerLength;
    private int claimedHeaderLength;

    /**
     * Reads and checks the header at an offset and the frame behind it.
     *
     * @param frameLength without the header
     */
    public FrameFault check(ByteBuffer buffer, int offset, int frameLength) {
        load(buffer, offset);
        return check(buffer, offset + LENGTH, frameLength, frameLength);
    }

    /** Reads each word of the header once. */
    void load(ByteBuffer buffer, int offset) {
        flags = NetworkOrder.u8(buffer, offset + FLAGS_OFFSET);
        gsoType = NetworkOrder.u8(buffer, offset + GSO_TYPE_OFFSET);
        gsoSize = word(buffer, offset + GSO_SIZE_OFFSET);
        checksumStart = word(buffer, offset + CHECKSUM_START_OFFSET);
        checksumOffset = word(buffer, offset + CHECKSUM_OFFSET_OFFSET);
        headerLength = 0;
        claimedHeaderLength = word(buffer, offset + HEADER_LENGTH_OFFSET);
    }

    /**
     * Checks the words that were loaded.
     *
     * @param readable how many of the frame's bytes are in the buffer
     */
    FrameFault check(ByteBuffer buffer, int frameOffset, int frameLength, int readable) {
        if (frameLength < EthernetFrame.HEADER_LENGTH) {
            return FrameFault.RUNT;
        }
        if (frameLength > MAX_FRAME_LENGTH) {
            return FrameFault.OVERSIZE;
        }
        if ((flags & ~FLAGS) != 0) {
            return FrameFault.UNKNOWN_FLAG;
        }
        if (needsChecksum() && (checksumStart < LOWEST_CHECKSUM_START
                || checksumStart + checksumOffset + Short.BYTES > frameLength)) {
            return FrameFault.CHECKSUM_OUTSIDE;
        }
        if (claimedHeaderLength > frameLength) {
            return FrameFault.HEADER_LENGTH_OUTSIDE;
        }
        return gsoType == GSO_NONE ? FrameFault.NONE : checkLarge(buffer, frameOffset, frameLength, readable);
    }

    private FrameFault checkLarge(ByteBuffer buffer, int frameOffset, int frameLength,
            int readable) {
        int type = gsoType & ~GSO_ECN_BIT;
        if (type != GSO_TCPV4 && type != GSO_TCPV6 && type != GSO_UDP_L4) {
            return FrameFault.UNKNOWN_GSO_TYPE;
        }
        if (type == GSO_UDP_L4 && type != gsoType) {
            return FrameFault.ECN_WITHOUT_TCP;
        }
        if (gsoSize == 0 || gsoSize == RESERVED_GSO_SIZE) {
            return FrameFault.BAD_GSO_SIZE;
        }
        if (type == GSO_UDP_L4 && !needsChecksum()) {
            return FrameFault.GSO_WITHOUT_CHECKSUM;
        }
        FrameFault network = internet.parse(buffer, frameOffset, frameLength, readable);
        if (network != FrameFault.NONE) {
            return network;
        }
        int protocol = type == GSO_UDP_L4 ? InternetHeader.PROTOCOL_UDP : InternetHeader.PROTOCOL_TCP;
        boolean family = switch (type) {
            case GSO_TCPV4 -> internet.version() == 4;
            case GSO_TCPV6 -> internet.version() == 6;
            default -> internet.isInternet();
        };
        if (!family || internet.protocol() != protocol) {
            return FrameFault.GSO_PROTOCOL_MISMATCH;
        }
        if (internet.isFragment()) {
            return FrameFault.GSO_FRAGMENT;
        }
        return checkTransport(buffer, frameOffset, readable, protocol);
    }

    private FrameFault checkTransport(ByteBuffer buffer, int frameOffset, int readable,
            int protocol) {
        boolean tcp = protocol == InternetHeader.PROTOCOL_TCP;
        int transport = internet.transportOffset();
        int minimum = tcp ? TransportHeader.TCP_MINIMUM_LENGTH : TransportHeader.UDP_LENGTH;
        if (transport + minimum > internet.end()) {
            return FrameFault.BAD_TRANSPORT_HEADER;
        }
        if (transport + minimum > readable) {
            return FrameFault.HEADERS_TOO_LONG;
        }
        int length = tcp ? TransportHeader.tcpLength(buffer, frameOffset + transport) : minimum;
        if (length < minimum || transport + length > internet.end()) {
            return FrameFault.BAD_TRANSPORT_HEADER;
        }
        if (transport + length > readable) {
            return FrameFault.HEADERS_TOO_LONG;
        }
        int field = tcp ? TransportHeader.TCP_CHECKSUM : TransportHeader.UDP_CHECKSUM;
        if (needsChecksum() && (checksumStart != transport || checksumOffset != field)) {
            return FrameFault.CHECKSUM_MISPLACED;
        }
        headerLength = transport + length;
        int segments = (internet.end() - headerLength + gsoSize - 1) / gsoSize;
        return segments > (tcp ? MAX_TCP_SEGMENTS : MAX_UDP_SEGMENTS)
                ? FrameFault.TOO_MANY_SEGMENTS
                : FrameFault.NONE;
    }

    /** Writes what was checked, with a header length computed here instead of the one that was claimed. */
    public void store(ByteBuffer buffer, int offset) {
        clear(buffer, offset);
        buffer.put(offset + FLAGS_OFFSET, (byte) flags);
        buffer.put(offset + GSO_TYPE_OFFSET, (byte) gsoType);
        SHORT.set(buffer, offset + HEADER_LENGTH_OFFSET, (short) headerLength);
        if (gsoType != GSO_NONE) {
            SHORT.set(buffer, offset + GSO_SIZE_OFFSET, (short) gsoSize);
        }
        if (needsChecksum()) {
            SHORT.set(buffer, offset + CHECKSUM_START_OFFSET, (short) checksumStart);
            SHORT.set(buffer, offset + CHECKSUM_OFFSET_OFFSET, (short) checksumOffset);
        }
    }

    /** Writes the header of a frame that is complete as it is. */
    public static void clear(ByteBuffer buffer, int offset) {
        for (int i = 0; i < LENGTH; i += Integer.BYTES) {
            NetworkOrder.put32(buffer, offset + i, 0);
        }
    }

    /** Whether the frame behind a header is complete as it is: nothing to segment and nothing to sum. */
    public static boolean isPlain(ByteBuffer buffer, int offset) {
        return (buffer.get(offset + FLAGS_OFFSET) & FLAG_NEEDS_CHECKSUM | buffer.get(offset + GSO_TYPE_OFFSET)) == 0;
    }

    private static int word(ByteBuffer buffer, int index) {
        return (short) SHORT.get(buffer, index) & 0xFFFF;
    }

    /** Whether the transport checksum is still to be computed. */
    public boolean needsChecksum() {
        return (flags & FLAG_NEEDS_CHECKSUM) != 0;
    }

    /** Whether it is one segment that stands for several. */
    public boolean isLarge() {
        return gsoType != GSO_NONE;
    }

    public int flags() {
        return flags;
    }

    /** As in {@link VnetHeaderDescriptor}, with its ECN bit. */
    public int gsoType() {
        return gsoType;
    }

    /** Payload bytes of each segment but the last. */
    public int gsoSize() {
        return gsoSize;
    }

    /** Where the sum starts, from the frame's first byte. */
    public int checksumStart() {
        return checksumStart;
    }

    /** Where the checksum field is, from {@link #checksumStart}. */
    public int checksumOffset() {
        return checksumOffset;
    }

    /** All headers up to the payload of a large segment that was checked; 0 for other frames. */
    public int headerLength() {
        return headerLength;
    }

    /** Where the network and transport headers are; only after a large segment was checked. */
    InternetHeader internet() {
        return internet;
    }
}
