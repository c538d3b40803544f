// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.Port;
import org.nanorouter.shim.ShimException;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.Packet;
import org.pcap4j.packet.TcpPacket;

class NicPortTest {
    private final Frames frames = new Frames();
    private NicPort port;
    private PairWire far;

    @BeforeEach
    void plugIn() throws ShimException {
        PairWire[] cable = PairWire.create();
        far = cable[1];
        port = NicPort.onPair("nic0", cable[0], NicPort.DEFAULT_MTU);
    }

    @AfterEach
    void unplug() {
        port.close();
        far.close();
    }

    @Test
    void whatTheFarEndSendsComesIn() {
        byte[] one = Frames.plain(60);
        byte[] other = Frames.plain(1522);
        assertThat(far.offer(one)).isTrue();
        assertThat(far.offer(other)).isTrue();
        assertThat(frames.receiveFrom(port, 0)).containsExactly(one, other);
        assertThat(frames.receiveFrom(port, 0)).isEmpty();
    }

    @Test
    void paddingIsTrimmedByTheIpLength() {
        byte[] frame = Frames.tcp(new byte[2]);
        far.offer(Arrays.copyOf(frame, 60));
        assertThat(frames.receiveFrom(port, 0)).containsExactly(frame);
    }

    @Test
    void shortFramesGoOutPadded() {
        frames.begin().add(Frames.plain(20)).sendTo(port, 0);
        assertThat(far.poll()).isEqualTo(Arrays.copyOf(Frames.plain(20), 60));
        assertThat(frames.batch.deliveries(0)).isEqualTo(1);
    }

    @Test
    void aLargeSegmentGoesOutInValidPiecesAndCountsAsOneFrame() throws Exception {
        byte[] payload = new byte[60_000];
        new Random(1).nextBytes(payload);
        frames.begin().addLarge(payload, 1460).sendTo(port, 0);
        ByteArrayOutputStream carried = new ByteArrayOutputStream();
        int segments = 0;
        for (byte[] frame = far.poll(); frame != null; frame = far.poll()) {
            Packet packet = EthernetPacket.newPacket(frame, 0, frame.length);
            IpV4Packet.IpV4Header ip = packet.get(IpV4Packet.class).getHeader();
            assertThat(ip.hasValidChecksum(false)).isTrue();
            assertThat(packet.get(TcpPacket.class).hasValidChecksum(ip.getSrcAddr(), ip.getDstAddr(), false)).isTrue();
            carried.write(frame, 54, frame.length - 54);
            segments++;
        }
        assertThat(carried.toByteArray()).isEqualTo(payload);
        assertThat(segments).isEqualTo(42);
        assertThat(port.counters().get(PortCounter.SENT_SEGMENTS)).isEqualTo(42);
        assertThat(port.counters().get(PortCounter.SENT_FRAMES)).isEqualTo(1);
    }

    @Test
    void aFrameOfManyMoreSegmentsThanSlotsStillGoesOutInOrder() {
        byte[] payload = new byte[20_000];
        new Random(2).nextBytes(payload);
        frames.begin().addLarge(payload, 100).add(Frames.plain(64)).sendTo(port, 0);
        ByteArrayOutputStream carried = new ByteArrayOutputStream();
        for (int i = 0; i < 200; i++) {
            carried.write(far.poll(), 54, 100);
        }
        assertThat(carried.toByteArray()).isEqualTo(payload);
        assertThat(far.poll()).isEqualTo(Frames.plain(64));
        assertThat(frames.batch.deliveries(0)).isEqualTo(1);
        assertThat(frames.batch.deliveries(1)).isEqualTo(1);
    }

    @Test
    void framesBeyondTheMtuAreRefusedByName() {
        frames.begin().add(Frames.plain(1523)).addLarge(new byte[9000], 4000).add(Frames.plain(1522)).sendTo(port, 0);
        assertThat(frames.batch.drop(0)).isEqualTo(Drop.OVERSIZE);
        assertThat(frames.batch.drop(1)).isEqualTo(Drop.OVERSIZE);
        assertThat(frames.batch.deliveries(2)).isEqualTo(1);
        assertThat(port.counters().get(PortCounter.REFUSED_FRAMES)).isEqualTo(2);
    }

    @Test
    void everySendIsReportedOnceAlsoWhenTheWireIsFull() {
        int sent = 0;
        int refused = 0;
        for (int round = 0; round < 20; round++) {
            frames.begin();
            for (int i = 0; i < FrameBatch.MAX_FRAMES; i++) {
                frames.add(Frames.plain(100 + i));
            }
            frames.sendTo(port, 0);
            for (int i = 0; i < FrameBatch.MAX_FRAMES; i++) {
                boolean delivered = frames.batch.deliveries(i) == 1;
                assertThat(delivered).isEqualTo(frames.batch.drop(i) == null);
                if (delivered) {
                    sent++;
                } else {
                    assertThat(frames.batch.drop(i)).isEqualTo(Drop.EGRESS_FULL);
                    refused++;
                }
            }
        }
        int ring = 512;
        assertThat(sent).isEqualTo(FrameQueue.CAPACITY + ring);
        assertThat(refused).isEqualTo(20 * FrameBatch.MAX_FRAMES - FrameQueue.CAPACITY - ring);
        assertThat(port.counters().get(PortCounter.SENT_FRAMES)).isEqualTo(sent);
        assertThat(port.counters().get(PortCounter.REFUSED_FRAMES)).isEqualTo(refused);
    }

    @Test
    void whatTheWireDidNotTakeAtOnceFollowsInOrderWhenItHasRoomAgain() {
        assertThat(port.nextReceiveAt()).isEqualTo(Port.NEVER);
        int next = 0;
        for (int round = 0; round < 10; round++) {
            frames.begin();
            for (int i = 0; i < FrameBatch.MAX_FRAMES; i++) {
                frames.add(numbered(next++));
            }
            frames.sendTo(port, 1000);
        }
        assertThat(port.hasRoom()).isFalse();
        assertThat(port.onFull()).isEqualTo(OnFull.WAIT);
        long retry = port.nextReceiveAt();
        assertThat(retry).isBetween(1001L, 1_000_000L);
        int seen = 0;
        long now = retry;
        for (int round = 0; round < 3; round++) {
            for (byte[] frame = far.poll(); frame != null; frame = far.poll()) {
                assertThat(frame).isEqualTo(numbered(seen++));
            }
            assertThat(frames.receiveFrom(port, now)).isEmpty();
            now = port.nextReceiveAt();
        }
        assertThat(seen).isEqualTo(next);
        assertThat(port.hasRoom()).isTrue();
        assertThat(port.nextReceiveAt()).isEqualTo(Port.NEVER);
        assertThat(port.counters().get(PortCounter.SENT_SEGMENTS)).isEqualTo(next);
    }

    private static byte[] numbered(int number) {
        return ByteBuffer.wrap(Frames.plain(64)).putInt(20, number).array();
    }

    @Test
    void afterAnOverrunFramesAreRefusedUntilHalfOfTheRingIsFree() {
        fill();
        assertThat(port.hasRoom()).isFalse();
        far.poll();
        frames.receiveFrom(port, port.nextReceiveAt());
        frames.begin().add(numbered(0)).sendTo(port, 0);
        assertThat(frames.batch.drop(0)).isEqualTo(Drop.EGRESS_FULL);
        while (far.poll() != null) {
            frames.receiveFrom(port, Math.min(port.nextReceiveAt(), Long.MAX_VALUE / 2));
        }
        assertThat(port.hasRoom()).isTrue();
        frames.begin().add(numbered(0)).sendTo(port, 0);
        assertThat(frames.batch.deliveries(0)).isEqualTo(1);
    }

    private void fill() {
        do {
            frames.begin().add(numbered(0)).sendTo(port, 0);
        } while (frames.batch.deliveries(0) == 1);
        assertThat(frames.batch.drop(0)).isEqualTo(Drop.EGRESS_FULL);
    }

    @Test
    void aLargeSegmentWithoutRoomIsRefusedWhole() {
        frames.begin();
        for (int i = 0; i < 20; i++) {
            frames.addLarge(new byte[4300], 100);
        }
        frames.sendTo(port, 0);
        int whole = (FrameQueue.CAPACITY + 512) / 43;
        for (int i = 0; i < 20; i++) {
            assertThat(frames.batch.deliveries(i)).isEqualTo(i < whole ? 1 : 0);
        }
        assertThat(port.details()).containsEntry("waiting_segments", whole * 43 - FrameQueue.CAPACITY);
    }

    @Test
    void runtsAndGiantsAreCountedAndNeverHoldTheLoop() {
        for (int i = 0; i < FrameQueue.CAPACITY; i++) {
            assertThat(far.offer(new byte[i % 2 == 0 ? 13 : 1523])).isTrue();
        }
        List<byte[]> good = frames.receiveFrom(port, 0);
        assertThat(good).isEmpty();
        assertThat(port.nextReceiveAt()).isEqualTo(Wire.AT_ONCE);
        far.offer(Frames.plain(60));
        assertThat(frames.receiveFrom(port, 0)).hasSize(1);
        assertThat(port.counters().get(Drop.RUNT)).isEqualTo(FrameQueue.CAPACITY / 2);
        assertThat(port.counters().get(Drop.OVERSIZE)).isEqualTo(FrameQueue.CAPACITY / 2);
        assertThat(port.counters().get(PortCounter.RECEIVED_FRAMES)).isEqualTo(FrameQueue.CAPACITY);
    }

    @Test
    void anMtuOutOfRangeIsRefusedWithItsValue() throws ShimException {
        PairWire[] cable = PairWire.create();
        assertThatThrownBy(() -> NicPort.onPair("nic1", cable[0], 67)).hasMessageContaining("mtu=67");
        cable[1].close();
    }
}
