// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;
import org.nanorouter.shim.EventFd;

class ChannelPortTest {
    private static final int CAPACITY = 256 * 1024;

    private final FrameBatch batch = new FrameBatch();
    private final Space anywhere =
        new Space(ByteBuffer.allocateDirect(1 << 20).order(ByteOrder.LITTLE_ENDIAN), 0, 1 << 20);
    private TwoOses oses;
    private ChannelPort near;
    private ChannelPort far;

    @BeforeEach
    void open() throws IOException {
        oses = new TwoOses(CAPACITY);
        near = new ChannelPort("near", oses.from0, OnFull.WAIT);
        far = new ChannelPort("far", oses.from1, OnFull.WAIT);
        EventFd.drain(near.readinessDescriptor());
        EventFd.drain(far.readinessDescriptor());
    }

    @AfterEach
    void close() {
        oses.close();
    }

    private static void fill(ByteBuffer memory, int offset, int length, long seed) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        memory.put(offset, bytes);
    }

    /** Sends one frame whose vnet_hdr and bytes come from the seed. */
    private Drop send(int frameLength, long seed) {
        FrameBatch one = new FrameBatch();
        one.begin(anywhere.memory(), 0);
        one.add(0, frameLength);
        fill(anywhere.memory(), 0, FrameBatch.VNET_HDR_LENGTH + frameLength, seed);
        near.send(one, 0, 1);
        near.flush(one, 1);
        return one.drop(0);
    }

    private void assertIs(int index, int frameLength, long seed) {
        byte[] expected = new byte[FrameBatch.VNET_HDR_LENGTH + frameLength];
        new Random(seed).nextBytes(expected);
        byte[] found = new byte[FrameBatch.VNET_HDR_LENGTH + batch.frameLength(index)];
        batch.memory().get(batch.vnetHdrOffset(index), found);
        assertThat(found).isEqualTo(expected);
    }

    @Test
    void framesCrossWithTheirHeadersAsTheyAre() {
        assertThat(send(60, 1)).isNull();
        assertThat(send(FrameBatch.MAX_FRAME, 2)).isNull();
        assertThat(far.receive(batch, anywhere, 1)).isEqualTo(2);
        assertIs(0, 60, 1);
        assertIs(1, FrameBatch.MAX_FRAME, 2);
        far.release();
        assertThat(far.receive(batch, anywhere, 1)).isZero();
    }

    @Test
    void framesThatLandedAreReadWhereTheyLieAndCancelledOnesAreNot() {
        Space space = near.landing().open();
        FrameBatch landed = new FrameBatch();
        landed.begin(space);
        int record = space.offset();
        for (int length = 100; length <= 102; length++) {
            landed.add(record + Space.HEADER_GAP, length);
            fill(space.memory(), record + Space.HEADER_GAP, FrameBatch.VNET_HDR_LENGTH + length, length);
            record += Space.span(length);
        }
        near.landing().keep(landed, 0, 1);
        near.landing().cancel(landed, 1);
        near.landing().keep(landed, 2, 1);
        near.flush(landed, 1);
        assertThat(far.receive(batch, anywhere, 1)).isEqualTo(2);
        assertIs(0, 100, 100);
        assertIs(1, 102, 102);
    }

    @Test
    void aFrameThatLandedInVainCostsThePeerNothing() {
        assertThat(far.prepareToSleep()).isFalse();
        int used = oses.from0.producer().usedBytes();
        Space space = near.landing().open();
        FrameBatch landed = new FrameBatch();
        landed.begin(space);
        landed.add(space.offset() + Space.HEADER_GAP, 60_000);
        near.landing().cancel(landed, 0);
        near.flush(landed, 1);
        assertThat(EventFd.drain(far.readinessDescriptor())).as("no wake").isZero();
        assertThat(oses.from0.producer().usedBytes()).as("no room").isEqualTo(used);
        assertThat(send(60, 1)).isNull();
        assertThat(far.receive(batch, anywhere, 1)).isEqualTo(1);
        assertIs(0, 60, 1);
    }

    @Test
    void aRingWithoutRoomRefusesByNameAndTellsWhenThereIsRoomAgain() {
        int sent = 0;
        while (send(60_000, sent) == null) {
            sent++;
        }
        assertThat(send(60_000, 0)).isEqualTo(Drop.RING_FULL);
        assertThat(near.hasRoom()).isFalse();
        assertThat(near.prepareToWaitForRoom()).isFalse();
        assertThat(EventFd.drain(near.readinessDescriptor())).isZero();
        while (far.receive(batch, anywhere, 1) > 0) {
            far.release();
        }
        assertThat(EventFd.drain(near.readinessDescriptor())).as("doorbell for room").isPositive();
        assertThat(near.hasRoom()).isTrue();
    }

    @Test
    void afterAnOverrunSmallFramesAreRefusedUntilAQuarterOfTheRingIsFree() {
        int sent = 0;
        while (send(4_000, sent) == null) {
            sent++;
        }
        int free = CAPACITY - oses.from0.producer().usedBytes();
        assertThat(free).isLessThan(Space.span(4_000));
        while (!near.hasRoom()) {
            assertThat(send(60, 1)).as(free + " bytes are free").isEqualTo(Drop.RING_FULL);
            assertThat(near.landing().open()).isNull();
            // The peer gives one record back.
            assertThat(oses.from1.consumer().poll()).isNotNegative();
            oses.from1.consumer().advance();
            far.release();
            free += Space.span(4_000);
        }
        assertThat(free).isBetween(CAPACITY / 4, CAPACITY / 2);
        assertThat(send(60, 1)).isNull();
    }

    @Test
    void theSendersOfASlowPeerAreHeldBackAgainAfterAWaitInVain() {
        long[] now = {1};
        Engine engine = new Engine(new Bridge(new Fdb(64, 64, 300_000, Engine.MAX_PORTS, 42), Engine.MAX_PORTS),
            ByteBuffer.allocateDirect(Engine.SCRATCH_LENGTH).order(ByteOrder.LITTLE_ENDIAN), 0, () -> now[0]);
        EndlessPort sender = new EndlessPort(1_000);
        engine.bridge().fdb().pin(EndlessPort.DESTINATION, 0, engine.add(near), 0);
        engine.add(sender);
        for (int tenth = 0; tenth < 1_000; tenth++) {
            engine.pump();
            for (int i = 0; i < 4 && oses.from1.consumer().poll() >= 0; i++) {
                oses.from1.consumer().advance();
            }
            far.release();
            now[0] += Engine.MAX_WAIT_NANOS / 10;
        }
        // The peer takes 4 MB in all, a quarter of the ring in 17 steps, which is longer than anybody waits.
        assertThat(sender.counters().get(PortCounter.PAUSES)).isGreaterThan(20);
    }

    @Test
    void theDoorbellRingsForTheFirstFrameAfterSleepAndNotForThoseBehindIt() {
        assertThat(far.prepareToSleep()).isFalse();
        send(60, 1);
        assertThat(EventFd.drain(far.readinessDescriptor())).isEqualTo(1);
        send(60, 2);
        assertThat(EventFd.drain(far.readinessDescriptor())).isZero();
        assertThat(far.prepareToSleep()).as("there is something").isTrue();
    }

    @Test
    void cancelledRecordsDoNotLoseTheNextDoorbell() {
        for (int i = 0; i < 1000; i++) {
            assertThat(far.receive(batch, anywhere, 1)).isZero();
            assertThat(far.prepareToSleep()).isFalse();
            assertThat(oses.from0.producer().claim(60_000)).isNotNegative();
            oses.from0.producer().publishPadding(Space.span(60_000));
            oses.from0.ringIfAsked();
            // The padding woke it; it finds nothing and sleeps again.
            EventFd.drain(far.readinessDescriptor());
            assertThat(far.receive(batch, anywhere, 1)).isZero();
            assertThat(far.prepareToSleep()).isFalse();
            assertThat(send(60, i)).isNull();
            assertThat(EventFd.drain(far.readinessDescriptor())).as("round " + i).isPositive();
            assertThat(far.receive(batch, anywhere, 1)).isEqualTo(1);
            far.release();
        }
    }

    @Test
    void aPeerThatLiesIsQuarantinedAndEverythingForItRefusedByName() {
        int cursors = OsRegionDescriptor.cursorsOffset(0);
        oses.region1.buffer().putLong(cursors + CursorDescriptor.TAIL_OFFSET, 3);
        assertThat(near.receive(batch, anywhere, 1)).isZero();
        assertThat(near.state()).isEqualTo(PortState.QUARANTINED);
        assertThat(oses.from0.quarantineReason()).isEqualTo(QuarantineReason.TAIL_MISALIGNED);
        assertThat(send(60, 1)).isEqualTo(Drop.QUARANTINED);
        assertThat(near.landing().open()).isNull();
        assertThat(near.onFull()).as("nobody waits for it").isEqualTo(OnFull.DROP);
        assertThat(near.prepareToSleep()).isFalse();
    }
}
