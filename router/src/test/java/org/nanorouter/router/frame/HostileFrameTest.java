// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.EnumMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

/**
 * Frames of chance and of malice. A heap buffer of exactly the frame's length turns each read or write outside into an
 * exception.
 */
class HostileFrameTest {

    private static final int CASES = 3_000_000;
    private static final int MAX_LENGTH = 700;

    private final Segmenter segmenter = new Segmenter(EthernetFrame.MINIMUM_LENGTH, 1514);
    private final Completer completer = new Completer();
    private final VnetHeader vnet = new VnetHeader();
    private final InternetHeader internet = new InternetHeader();
    private final ByteBuffer slot = ByteBuffer.allocate(12 + 1514);

    @Test
    void randomFramesNeverThrowNorReachOutside() {
        Random random = Seed.random("hostile frames");
        ByteBuffer[] buffers = new ByteBuffer[MAX_LENGTH + 1];
        Map<FrameFault, Integer> seen = new EnumMap<>(FrameFault.class);
        for (int i = 0; i < CASES; i++) {
            int length = random.nextInt(MAX_LENGTH + 1);
            if (buffers[length] == null) {
                buffers[length] = ByteBuffer.allocate(12 + length).order(ByteOrder.LITTLE_ENDIAN);
            }
            ByteBuffer buffer = buffers[length];
            // Some of the last case's bytes stay; that is one more kind of chance.
            fill(buffer, length, random);
            seen.merge(look(buffer, length), 1, Integer::sum);
        }
        assertThat(seen.keySet()).contains(FrameFault.NONE, FrameFault.RUNT, FrameFault.UNKNOWN_FLAG,
                FrameFault.UNKNOWN_GSO_TYPE, FrameFault.ECN_WITHOUT_TCP, FrameFault.BAD_GSO_SIZE,
                FrameFault.TOO_MANY_SEGMENTS, FrameFault.CHECKSUM_OUTSIDE, FrameFault.HEADER_LENGTH_OUTSIDE,
                FrameFault.GSO_WITHOUT_CHECKSUM, FrameFault.CHECKSUM_MISPLACED, FrameFault.GSO_PROTOCOL_MISMATCH,
                FrameFault.GSO_FRAGMENT, FrameFault.HEADERS_TOO_LONG, FrameFault.BAD_NETWORK_HEADER,
                FrameFault.BAD_TRANSPORT_HEADER);
    }

    private FrameFault look(ByteBuffer buffer, int length) {
        FrameFault fault = vnet.check(buffer, 0, length);
        if (fault == FrameFault.NONE && vnet.isLarge()) {
            assertThat(vnet.headerLength()).isBetween(EthernetFrame.HEADER_LENGTH, length);
        }
        internet.parse(buffer, 12, length);
        assertThat(internet.end()).isLessThanOrEqualTo(length);
        EthernetFrame.vlan(buffer, 12, length);
        EthernetFrame.trimmedLength(buffer, 12, length, internet);
        FrameFault segmenting = segmenter.begin(buffer, 0, length);
        while (segmenter.hasNext()) {
            assertThat(segmenter.next(slot, 0)).isBetween(60, 1514);
        }
        completer.complete(buffer, 0, length);
        return segmenting;
    }

    /** Random bytes, made plausible piece by piece so that the deeper checks are reached as well. */
    private static void fill(ByteBuffer buffer, int length, Random random) {
        byte[] bytes = buffer.array();
        for (int i = random.nextInt(16); i < bytes.length; i += 1 + random.nextInt(32)) {
            bytes[i] = (byte) random.nextInt();
        }
        bytes[0] = (byte) (random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(4));
        int[] types = {0, 1, 4, 5, 0x81, 0x84, 0x85, random.nextInt(256)};
        bytes[1] = (byte) types[random.nextInt(types.length)];
        short16(buffer, 2, random.nextInt(16) == 0 ? random.nextInt() : random.nextInt(60));
        short16(buffer, 4, random.nextInt(32) == 0 ? random.nextInt(3) - 1 : random.nextInt(2000));
        short16(buffer, 6, random.nextInt(8) == 0 ? random.nextInt() : random.nextInt(90));
        short16(buffer, 8, random.nextInt(8) == 0 ? random.nextInt() : random.nextBoolean() ? 6 : 16);
        if (length < 14 + 60 || random.nextInt(8) == 0) {
            return;
        }
        int at = 12 + 12;
        for (int tags = random.nextInt(4); tags > 0; tags--) {
            NetworkOrder.put16(buffer, at, random.nextBoolean() ? 0x8100 : 0x88A8);
            at += 4;
        }
        boolean ipv6 = random.nextBoolean();
        NetworkOrder.put16(buffer, at, ipv6 ? 0x86DD : 0x0800);
        at += 2;
        int room = 12 + length - at;
        boolean lie = random.nextInt(4) == 0;
        int tcpOrUdp = random.nextBoolean() ? 6 : 17;
        int transport = at;
        if (ipv6 && room >= 40) {
            int[] nexts = {0, 43, 44, 51, 60, 135, tcpOrUdp, tcpOrUdp, tcpOrUdp};
            bytes[at] = 0x60;
            NetworkOrder.put16(buffer, at + 4, lie ? random.nextInt() : room - 40);
            bytes[at + 6] = (byte) nexts[random.nextInt(nexts.length)];
            transport += 40;
            for (int i = 0; i < 4 && transport + 2 <= bytes.length && bytes[at + 6] != tcpOrUdp; i++) {
                bytes[transport] = (byte) nexts[random.nextInt(nexts.length)];
                bytes[transport + 1] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0);
                transport += 8;
            }
        } else if (!ipv6 && room >= 20) {
            bytes[at] = (byte) (random.nextInt(4) == 0 ? random.nextInt() : 0x45);
            NetworkOrder.put16(buffer, at + 2, lie ? random.nextInt() : room);
            NetworkOrder.put16(buffer, at + 6, random.nextInt(4) == 0 ? random.nextInt() : 0x4000);
            bytes[at + 9] = (byte) tcpOrUdp;
            transport += (bytes[at] & 0xF) * 4;
        }
        if (random.nextInt(4) != 0) {
            short16(buffer, 6, transport - 12);
            short16(buffer, 8, tcpOrUdp == 6 ? 16 : 6);
        }
        if (transport + 13 < bytes.length) {
            bytes[transport + 12] = (byte) (random.nextInt(3) == 0 ? random.nextInt() : 0x50);
        }
    }

    private static void short16(ByteBuffer buffer, int index, int value) {
        buffer.putShort(index, (short) value);
    }
}
