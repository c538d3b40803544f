// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.nio.ByteBuffer;

/**
 * Turns one frame into the complete frames that a port without offloads can send: cuts large TCP segments and UDP
 * datagrams, fills in checksums, pads.
 *
 * <pre>
 *   FrameFault fault = segmenter.begin(source, offset, frameLength);
 *   while (fault == NONE &amp;&amp; segmenter.hasNext()) {
 *       int length = segmenter.next(slot, 0);          virtio_net_hdr of zeros at 0, frame of that length at 12
 *   }
 * </pre>
 *
 * <p>The frame may lie in memory that a peer is writing. The headers are copied before they are looked at, and each
 * segment is made of that copy; the payload is copied once per segment and summed in its new place. A peer that changes
 * bytes meanwhile changes what it sends, and nothing else. The bytes must stay mapped until the last {@link #next}.
 *
 * <p>TCP, as Linux' and RFC 9293's rules want it: sequence numbers advance by the payload before; FIN and PSH stay on
 * the last segment, CWR on the first (RFC 3168 section 6.1.2); the urgent pointer keeps naming the same byte (RFC 9293
 * section 3.8.5). IPv4's identification counts up (RFC 6864 section 4). UDP: each segment is a datagram of its own.
 *
 * <p>Not safe for concurrent use.
 */
public final class Segmenter {

    /** The longest headers, Ethernet to TCP, of a frame that can be cut. */
    public static final int TEMPLATE_CAPACITY = 512;

    private static final int VNET = VnetHeaderDescriptor.LENGTH;

    private final int minimumFrameLength;
    private final int maximumFrameLength;
    private final VnetHeader vnet = new VnetHeader();
    private final Completer completer = new Completer();
    /** The headers of the large segment, made ready for what all its segments share. */
    private final ByteBuffer template = ByteBuffer.allocate(TEMPLATE_CAPACITY);

    private ByteBuffer source;
    private int sourceFrame;
    private int payloadLength;
    private int done;
    private boolean hasNext;

    private int headerLength;
    private int networkOffset;
    private int transportOffset;
    private int version;
    private boolean tcp;
    private int checksumIndex;
    /** The sum of the pseudo-header without its length. */
    private int pseudoSum;
    private int sequence;
    private int identification;
    private int tcpFlags;
    private int urgent;

    /**
     * A segmenter for one egress port.
     *
     * @param minimumFrameLength to which frames are padded: {@link EthernetFrame#MINIMUM_LENGTH} for an emulated
     *        network card, 0 for no padding
     * @param maximumFrameLength of what it makes, without virtio_net_hdr; the slots have room for it
     */
    public Segmenter(int minimumFrameLength, int maximumFrameLength) {
        if (minimumFrameLength != 0 && minimumFrameLength != EthernetFrame.MINIMUM_LENGTH
                || maximumFrameLength < EthernetFrame.MINIMUM_LENGTH) {
            throw new IllegalArgumentException("bad limits: minimumFrameLength=" + minimumFrameLength
                    + " maximumFrameLength=" + maximumFrameLength);
        }
        this.minimumFrameLength = minimumFrameLength;
        this.maximumFrameLength = maximumFrameLength;
    }

    /**
     * Starts with the frame behind the virtio_net_hdr at an offset.
     *
     * @return {@link FrameFault#NONE}, and {@link #hasNext} is true; or why nothing can be made of it
     */
    public FrameFault begin(ByteBuffer buffer, int offset, int frameLength) {
        source = buffer;
        sourceFrame = offset + VNET;
        done = 0;
        hasNext = false;
        if (frameLength < EthernetFrame.HEADER_LENGTH) {
            return FrameFault.RUNT;
        }
        vnet.load(buffer, offset);
        FrameFault fault = vnet.isLarge() ? beginLarge(frameLength) : beginOrdinary(frameLength);
        hasNext = fault == FrameFault.NONE;
        return fault;
    }

    private FrameFault beginOrdinary(int frameLength) {
        headerLength = 0;
        payloadLength = frameLength;
        if (frameLength > maximumFrameLength) {
            return FrameFault.OVERSIZE;
        }
        return vnet.check(source, sourceFrame, frameLength, frameLength);
    }

    private FrameFault beginLarge(int frameLength) {
        int readable = Math.min(frameLength, TEMPLATE_CAPACITY);
        template.put(0, source, sourceFrame, readable);
        FrameFault fault = vnet.check(template, 0, frameLength, readable);
        if (fault != FrameFault.NONE) {
            return fault;
        }
        InternetHeader internet = vnet.internet();
        headerLength = vnet.headerLength();
        networkOffset = internet.networkOffset();
        transportOffset = internet.transportOffset();
        version = internet.version();
        tcp = internet.protocol() == InternetHeader.PROTOCOL_TCP;
        payloadLength = internet.end() - headerLength;
        if (headerLength + Math.min(payloadLength, vnet.gsoSize()) > maximumFrameLength) {
            return FrameFault.OVERSIZE;
        }
        prepareTemplate(internet);
        return FrameFault.NONE;
    }

    private void prepareTemplate(InternetHeader internet) {
        checksumIndex = transportOffset
                + (tcp ? TransportHeader.TCP_CHECKSUM : TransportHeader.UDP_CHECKSUM);
        if (vnet.needsChecksum()) {
            // The sender's own sum knows the final destination even behind a routing header (RFC 8200 section 8.1).
            pseudoSum = Checksum.subtract(NetworkOrder.u16(template, checksumIndex), internet.end() - transportOffset);
        } else {
            pseudoSum = Checksum.pseudoHeader(template, networkOffset, version, internet.protocol(), 0);
        }
        NetworkOrder.put16(template, checksumIndex, 0);
        if (version == 4) {
            identification = NetworkOrder.u16(template, networkOffset + InternetHeader.IPV4_ID);
            NetworkOrder.put16(template, networkOffset + InternetHeader.IPV4_CHECKSUM, 0);
        }
        if (tcp) {
            sequence = NetworkOrder.i32(template, transportOffset + TransportHeader.TCP_SEQUENCE);
            tcpFlags = NetworkOrder.u8(template, transportOffset + TransportHeader.TCP_FLAGS);
            urgent = NetworkOrder.u16(template, transportOffset + TransportHeader.TCP_URGENT);
        }
    }

    /** Whether {@link #next} has something to make. */
    public boolean hasNext() {
        return hasNext;
    }

    /**
     * Makes the next frame, behind a virtio_net_hdr of zeros.
     *
     * @param target has 12 bytes and the maximum frame length from {@code offset} on; not memory that a peer writes
     * @return the frame's length without the header
     */
    public int next(ByteBuffer target, int offset) {
        int frame = offset + VNET;
        VnetHeader.clear(target, offset);
        int length;
        if (vnet.isLarge()) {
            length = nextSegment(target, frame);
        } else {
            target.put(frame, source, sourceFrame, payloadLength);
            completer.complete(vnet, target, frame, payloadLength);
            hasNext = false;
            length = payloadLength;
        }
        return minimumFrameLength > length ? EthernetFrame.pad(target, frame, length) : length;
    }

    private int nextSegment(ByteBuffer target, int frame) {
        int payload = Math.min(payloadLength - done, vnet.gsoSize());
        int length = headerLength + payload;
        target.put(frame, template, 0, headerLength);
        target.put(frame + headerLength, source, sourceFrame + headerLength + done, payload);
        boolean last = done + payload == payloadLength;
        patchNetwork(target, frame + networkOffset, length - networkOffset);
        int transport = frame + transportOffset;
        int transportLength = length - transportOffset;
        if (tcp) {
            patchTcp(target, transport, last);
        } else {
            NetworkOrder.put16(target, transport + TransportHeader.UDP_LENGTH_FIELD, transportLength);
        }
        int sum = Checksum.fold(
                (long) pseudoSum + transportLength + Checksum.sum(target, transport, transportLength));
        NetworkOrder.put16(target, frame + checksumIndex,
                tcp ? Checksum.complement(sum) : Checksum.complementNotZero(sum));
        done += payload;
        hasNext = !last;
        return length;
    }

    private void patchNetwork(ByteBuffer target, int network, int length) {
        if (version == 6) {
            NetworkOrder.put16(target, network + InternetHeader.IPV6_PAYLOAD_LENGTH,
                    length - InternetHeader.IPV6_LENGTH);
            return;
        }
        NetworkOrder.put16(target, network + InternetHeader.IPV4_TOTAL_LENGTH, length);
        NetworkOrder.put16(target, network + InternetHeader.IPV4_ID, identification++);
        int sum = Checksum.sum(target, network, transportOffset - networkOffset);
        NetworkOrder.put16(target, network + InternetHeader.IPV4_CHECKSUM, Checksum.complement(sum));
    }

    private void patchTcp(ByteBuffer target, int transport, boolean last) {
        int flags = tcpFlags;
        if (!last) {
            flags &= ~(TransportHeader.TCP_FIN | TransportHeader.TCP_PSH);
        }
        if (done > 0) {
            flags &= ~TransportHeader.TCP_CWR;
            if ((flags & TransportHeader.TCP_URG) != 0) {
                int pointer = urgent - done;
                if (pointer <= 0) {
                    flags &= ~TransportHeader.TCP_URG;
                }
                NetworkOrder.put16(target, transport + TransportHeader.TCP_URGENT, Math.max(pointer, 0));
            }
        }
        NetworkOrder.put32(target, transport + TransportHeader.TCP_SEQUENCE, sequence + done);
        target.put(transport + TransportHeader.TCP_FLAGS, (byte) flags);
    }
}
