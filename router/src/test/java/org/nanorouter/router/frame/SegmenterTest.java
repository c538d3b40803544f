// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.net.InetAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IpPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;

class SegmenterTest {

    private static final int OFFSET = 24;
    private final ByteBuffer source = ByteBuffer.allocateDirect(80_000).order(ByteOrder.LITTLE_ENDIAN);
    private final ByteBuffer slot = ByteBuffer.allocateDirect(80_000).order(ByteOrder.LITTLE_ENDIAN);
    private final Segmenter segmenter = new Segmenter(0, VnetHeader.MAX_FRAME_LENGTH);

    private List<byte[]> cut(LargeSegment segment) {
        segment.write(source, OFFSET);
        return cut(segmenter, segment.frameLength);
    }

    private List<byte[]> cut(Segmenter with, int frameLength) {
        assertThat(with.begin(source, OFFSET, frameLength)).isEqualTo(FrameFault.NONE);
        List<byte[]> frames = new ArrayList<>();
        while (with.hasNext()) {
            int length = with.next(slot, 4);
            byte[] frame = new byte[length];
            slot.get(4 + 12, frame);
            assertThat(VnetHeader.isPlain(slot, 4)).isTrue();
            frames.add(frame);
        }
        return frames;
    }

    @Test
    void everySegmentIsAValidPacketAndTogetherTheyCarryThePayload() throws Exception {
        Random random = Seed.random("segmenter");
        for (int round = 0; round < 3_000; round++) {
            LargeSegment segment = LargeSegment.random(random);
            if (segment.udp) {
                segment.gsoSize = Math.max(segment.gsoSize, segment.payload.length / 100 + 1);
            }
            List<byte[]> frames = cut(segment);
            assertThat(frames).hasSize(Math.max(1, (segment.payload.length + segment.gsoSize - 1) / segment.gsoSize));
            ByteArrayOutputStream payload = new ByteArrayOutputStream();
            for (int i = 0; i < frames.size(); i++) {
                payload.writeBytes(checkSegment(segment, frames.get(i), i, frames.size()));
            }
            assertThat(payload.toByteArray()).isEqualTo(segment.payload);
        }
    }

    @Test
    void onlyUdpHasAnotherFormOfTheChecksumZero() {
        for (boolean udp : new boolean[] {false, true}) {
            // Cut, and completed.
            for (int length : new int[] {4_000, 1_000}) {
                LargeSegment segment = new LargeSegment();
                segment.udp = udp;
                segment.payload = new byte[length];
                int checksum = checksum(segment);
                assertThat(checksum).isPositive();
                // What is left of the sum makes it 0xFFFF.
                ByteBuffer.wrap(segment.payload).putShort((short) checksum);
                assertThat(checksum(segment)).isEqualTo(udp ? 0xFFFF : 0);
            }
        }
    }

    /** Of the first frame. */
    private int checksum(LargeSegment segment) {
        byte[] frame = cut(segment).get(0);
        return ByteBuffer.wrap(frame).getShort(segment.transport + (segment.udp ? 6 : 16)) & 0xFFFF;
    }

    /** Checks one frame with pcap4j, and gives its payload. */
    private static byte[] checkSegment(LargeSegment segment, byte[] frame, int index,
            int count) throws Exception {
        byte[] known = frame.clone();
        if (segment.tags == 2) {
            // pcap4j does not know the provider's tag, whose form is the same.
            ByteBuffer.wrap(known).putShort(EthernetFrame.TYPE_OFFSET, (short) EthernetFrame.TYPE_VLAN);
        }
        Packet packet = EthernetPacket.newPacket(known, 0, known.length);
        IpPacket ip = packet.get(IpPacket.class);
        InetAddress from = ip.getHeader().getSrcAddr();
        InetAddress to = ip.getHeader().getDstAddr();
        int network = 14 + 4 * segment.tags;
        if (segment.ipv6) {
            assertThat(packet.get(IpV6Packet.class).getHeader().getPayloadLengthAsInt())
                    .isEqualTo(frame.length - network - 40);
        } else {
            IpV4Packet.IpV4Header header = packet.get(IpV4Packet.class).getHeader();
            assertThat(header.hasValidChecksum(false)).isTrue();
            assertThat(header.getTotalLengthAsInt()).isEqualTo(frame.length - network);
            assertThat(header.getIdentificationAsInt()).isEqualTo(segment.identification + index & 0xFFFF);
        }
        if (segment.udp) {
            UdpPacket datagram = packet.get(UdpPacket.class);
            assertThat(datagram.hasValidChecksum(from, to, false)).isTrue();
            assertThat(datagram.getHeader().getLengthAsInt()).isEqualTo(frame.length - segment.transport);
        } else {
            TcpPacket tcp = packet.get(TcpPacket.class);
            assertThat(tcp.hasValidChecksum(from, to, false)).isTrue();
            checkTcp(segment, tcp.getHeader(), frame[segment.transport + 13] & 0xFF, index, count);
        }
        assertThat(Arrays.copyOf(frame, network)).isEqualTo(Arrays.copyOf(headers(segment), network));
        return Arrays.copyOfRange(frame, segment.headerLength, frame.length);
    }

    private static byte[] headers(LargeSegment segment) {
        ByteBuffer copy = ByteBuffer.allocate(80_000);
        segment.write(copy, 0);
        return Arrays.copyOfRange(copy.array(), 12, 12 + segment.headerLength);
    }

    private static void checkTcp(LargeSegment segment, TcpPacket.TcpHeader header, int flags,
            int index, int count) {
        int before = index * segment.gsoSize;
        assertThat(header.getSequenceNumber()).isEqualTo(segment.sequence + before);
        int expected = segment.flags;
        if (index < count - 1) {
            expected &= ~(LargeSegment.FIN | LargeSegment.PSH);
        }
        if (index > 0) {
            expected &= ~LargeSegment.CWR;
            if (segment.urgent <= before) {
                expected &= ~LargeSegment.URG;
            }
        }
        assertThat(flags).isEqualTo(expected);
        if (header.getUrg()) {
            assertThat(header.getUrgentPointerAsInt()).isEqualTo(segment.urgent - before);
        }
    }

    @Test
    void anOrdinaryFrameComesOutOnceWithItsChecksumFilledIn() throws Exception {
        LargeSegment segment = new LargeSegment();
        segment.payload = "hello".getBytes(java.nio.charset.StandardCharsets.US_ASCII);
        segment.padding = 7;
        segment.write(source, OFFSET);
        source.put(OFFSET + VnetHeaderDescriptor.GSO_TYPE_OFFSET, (byte) 0);
        List<byte[]> frames = cut(segmenter, segment.frameLength);
        assertThat(frames).hasSize(1);
        Packet packet = EthernetPacket.newPacket(frames.get(0), 0, segment.frameLength - segment.padding);
        IpPacket ip = packet.get(IpPacket.class);
        assertThat(packet.get(TcpPacket.class)
                .hasValidChecksum(ip.getHeader().getSrcAddr(), ip.getHeader().getDstAddr(), false)).isTrue();
    }

    @Test
    void aFrameThatNeedsNothingIsCopiedByteForByte() {
        byte[] bytes = new byte[1514];
        new Random(1).nextBytes(bytes);
        VnetHeader.clear(source, OFFSET);
        source.put(OFFSET + 12, bytes);
        assertThat(cut(segmenter, bytes.length)).containsExactly(bytes);
    }

    @Test
    void shortFramesArePaddedWithZerosForAnEmulatedCard() {
        byte[] bytes = new byte[42];
        Arrays.fill(bytes, (byte) 0x55);
        VnetHeader.clear(source, OFFSET);
        source.put(OFFSET + 12, bytes);
        for (int i = 0; i < slot.capacity(); i++) {
            slot.put(i, (byte) 0x77);
        }
        List<byte[]> frames = cut(new Segmenter(EthernetFrame.MINIMUM_LENGTH, 1514), 42);
        assertThat(frames).containsExactly(Arrays.copyOf(bytes, 60));
    }

    @Test
    void segmentsLongerThanThePortTakesAreRefused() {
        LargeSegment segment = new LargeSegment();
        segment.payload = new byte[4000];
        segment.write(source, OFFSET);
        Segmenter narrow = new Segmenter(0, segment.headerLength + 1447);
        assertThat(narrow.begin(source, OFFSET, segment.frameLength)).isEqualTo(FrameFault.OVERSIZE);
        assertThat(narrow.hasNext()).isFalse();
        assertThat(new Segmenter(0, segment.headerLength + 1448).begin(source, OFFSET, segment.frameLength))
                .isEqualTo(FrameFault.NONE);
    }

    @Test
    void aSegmentSizeThatMakesThousandsOfFramesIsRefused() {
        LargeSegment segment = new LargeSegment();
        segment.payload = new byte[60_000];
        segment.gsoSize = 1;
        segment.write(source, OFFSET);
        assertThat(segmenter.begin(source, OFFSET, segment.frameLength)).isEqualTo(FrameFault.TOO_MANY_SEGMENTS);
    }

    @Test
    void headersThatChangeUnderItDoNotMoveItsBounds() {
        Random random = Seed.random("changing headers");
        for (int round = 0; round < 20_000; round++) {
            LargeSegment segment = LargeSegment.random(random);
            segment.payload = new byte[random.nextInt(3_000)];
            segment.write(source, OFFSET);
            if (segmenter.begin(source, OFFSET, segment.frameLength) != FrameFault.NONE) {
                continue;
            }
            int carried = 0;
            while (segmenter.hasNext()) {
                for (int i = 0; i < 8; i++) {
                    source.put(OFFSET + random.nextInt(12 + segment.headerLength), (byte) random.nextInt());
                }
                carried += segmenter.next(slot, 0) - segment.headerLength;
            }
            assertThat(carried).isEqualTo(segment.payload.length);
        }
    }
}
