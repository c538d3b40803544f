// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.random.RandomGenerator;

/** A frame as a sender with offloads makes it, built byte by byte and apart from the code under test. */
final class LargeSegment {

    static final int FIN = 0x01;
    static final int PSH = 0x08;
    static final int ACK = 0x10;
    static final int URG = 0x20;
    static final int CWR = 0x80;

    boolean ipv6;
    boolean udp;
    int tags;
    int ipv4Options;
    boolean hopByHop;
    boolean destinationOptions;
    int tcpOptions;
    int flags = ACK;
    int urgent;
    int sequence = 0x7FFF_FF00;
    int identification = 0xFFFE;
    int gsoSize = 1448;
    boolean needsChecksum = true;
    boolean ecn;
    int padding;
    byte[] payload = new byte[0];

    int frameLength;
    int headerLength;
    int transport;

    static LargeSegment random(RandomGenerator random) {
        LargeSegment segment = new LargeSegment();
        segment.ipv6 = random.nextBoolean();
        segment.udp = random.nextBoolean();
        segment.tags = random.nextInt(3);
        segment.ipv4Options = random.nextInt(11);
        segment.hopByHop = random.nextInt(3) == 0;
        segment.destinationOptions = random.nextInt(3) == 0;
        segment.tcpOptions = random.nextInt(11);
        segment.flags = random.nextInt(256);
        segment.urgent = random.nextInt(65536);
        segment.sequence = random.nextInt();
        segment.identification = random.nextInt(65536);
        segment.gsoSize = random.nextInt(500, 9000);
        segment.needsChecksum = segment.udp || random.nextInt(4) != 0;
        segment.ecn = !segment.udp && random.nextBoolean();
        segment.padding = random.nextInt(4) == 0 ? random.nextInt(20) : 0;
        segment.payload = new byte[random.nextInt(60_000)];
        random.nextBytes(segment.payload);
        return segment;
    }

    /** Writes virtio_net_hdr and frame at an offset. */
    void write(ByteBuffer buffer, int offset) {
        ByteBuffer frame = ByteBuffer.allocate(70_000);
        for (int i = 0; i < 12; i++) {
            frame.put((byte) (i == 0 || i == 6 ? 0x02 : i));
        }
        for (int i = 0; i < tags; i++) {
            frame.putShort((short) (i == 0 && tags == 2 ? 0x88A8 : 0x8100)).putShort((short) (0x2000 | 100 + i));
        }
        frame.putShort((short) (ipv6 ? 0x86DD : 0x0800));
        int network = frame.position();
        putNetwork(frame);
        transport = frame.position();
        int protocol = udp ? 17 : 6;
        if (udp) {
            frame.putShort((short) 4000).putShort((short) 5000).putShort((short) (8 + payload.length))
                    .putShort((short) 0);
        } else {
            frame.putShort((short) 4000).putShort((short) 21).putInt(sequence).putInt(0x1234_5678)
                    .put((byte) (5 + tcpOptions << 4)).put((byte) flags).putShort((short) 8192).putShort((short) 0)
                    .putShort((short) urgent);
            for (int i = 0; i < tcpOptions; i++) {
                frame.putInt(0x01010101);
            }
        }
        headerLength = frame.position();
        frame.put(payload);
        int end = frame.position();
        int addresses = ipv6 ? network + 8 : network + 12;
        int pseudo = referenceSum(frame.array(), addresses, ipv6 ? 32 : 8, protocol + (end - transport));
        int field = transport + (udp ? 6 : 16);
        frame.putShort(field, (short) (needsChecksum ? pseudo : 0xABCD));
        if (ipv6) {
            frame.putShort(network + 4, (short) (end - network - 40));
        } else {
            frame.putShort(network + 2, (short) (end - network));
            frame.putShort(network + 10,
                    (short) ~referenceSum(frame.array(), network, transport - network, 0));
        }
        for (int i = 0; i < padding; i++) {
            frame.put((byte) 0xEE);
        }
        frameLength = frame.position();
        int type = udp ? 5 : (ipv6 ? 4 : 1) | (ecn ? 0x80 : 0);
        ByteBuffer header = ByteBuffer.allocate(12).order(ByteOrder.LITTLE_ENDIAN);
        header.put((byte) (needsChecksum ? 1 : 0)).put((byte) type).putShort((short) headerLength)
                .putShort((short) gsoSize).putShort((short) (needsChecksum ? transport : 0))
                .putShort((short) (needsChecksum ? udp ? 6 : 16 : 0)).putShort((short) 0);
        buffer.put(offset, header.array());
        buffer.put(offset + 12, frame.array(), 0, frameLength);
    }

    private void putNetwork(ByteBuffer frame) {
        int protocol = udp ? 17 : 6;
        if (!ipv6) {
            frame.put((byte) (0x40 | 5 + ipv4Options)).put((byte) 0).putShort((short) 0)
                    .putShort((short) identification).putShort((short) 0x4000).put((byte) 64).put((byte) protocol)
                    .putShort((short) 0).putInt(0x0A4D_0001).putInt(0x0A4D_0002);
            for (int i = 0; i < ipv4Options; i++) {
                frame.putInt(0x01010101);
            }
            return;
        }
        frame.putInt(0x6000_0000).putShort((short) 0);
        frame.put((byte) (hopByHop ? 0 : destinationOptions ? 60 : protocol)).put((byte) 64);
        frame.putLong(0xFD77_0000_0000_0000L).putLong(1).putLong(0xFD77_0000_0000_0000L).putLong(2);
        if (hopByHop) {
            frame.put((byte) (destinationOptions ? 60 : protocol)).put((byte) 0).putShort((short) 0x0104).putInt(0);
        }
        if (destinationOptions) {
            frame.put((byte) protocol).put((byte) 1).putShort((short) 0x010C).putInt(0).putLong(0);
        }
    }

    /** RFC 1071 in the plainest way, starting from a number. */
    static int referenceSum(byte[] bytes, int offset, int length, int start) {
        long sum = start;
        for (int i = 0; i < length; i++) {
            sum += (long) (bytes[offset + i] & 0xFF) << (i % 2 == 0 ? 8 : 0);
        }
        while (sum > 0xFFFF) {
            sum = (sum & 0xFFFF) + (sum >>> 16);
        }
        return (int) sum;
    }
}
