// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.frame.VnetHeaderDescriptor;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;

class EngineTest {
    private static final int BROADCAST = 255;

    private long now = 1_000_000_000L;
    private final Engine engine = new Engine(
        new Bridge(new Fdb(1024, 1024, 300_000, Engine.MAX_PORTS, 42), Engine.MAX_PORTS),
        ByteBuffer.allocateDirect(Engine.SCRATCH_LENGTH).order(ByteOrder.LITTLE_ENDIAN), 0, () -> now);
    private final FakePort tap = port("tap", PortKind.TAP);
    private final FakePort one = port("one", PortKind.CHANNEL);
    private final FakePort two = port("two", PortKind.CHANNEL);

    private FakePort port(String name, PortKind kind) {
        FakePort port = new FakePort(name, kind);
        engine.add(port);
        return port;
    }

    private void receive(FakePort ingress, byte[]... frames) {
        ingress.incoming.addAll(List.of(frames));
        engine.markReady(engine.indexOf(ingress));
        while (engine.pump()) {
            continue;
        }
    }

    private static byte[] broadcast(int source) {
        byte[] frame = FakePort.frame(BROADCAST, source, 60);
        for (int i = 0; i < 6; i++) {
            frame[i] = -1;
        }
        return frame;
    }

    /** Stations 1 behind one and 2 behind two, 9 behind the TAP. */
    private void learn() {
        receive(one, broadcast(1));
        receive(two, broadcast(2));
        receive(tap, broadcast(9));
        for (FakePort port : List.of(tap, one, two)) {
            port.outgoing.clear();
            port.events.clear();
        }
    }

    private void assertBooksBalance() {
        for (Port port : engine.ports()) {
            long received = port.counters().get(PortCounter.RECEIVED_FRAMES);
            long forwarded = port.counters().get(PortCounter.FORWARDED_FRAMES);
            assertThat(received).as("received by " + port.name()).isEqualTo(forwarded + port.counters().drops());
        }
        long deliveries = sum(PortCounter.FORWARDED_FRAMES) + sum(PortCounter.FLOOD_COPIES);
        assertThat(sum(PortCounter.SENT_FRAMES)).as("sent").isEqualTo(deliveries);
    }

    private long sum(PortCounter counter) {
        return engine.ports().stream().mapToLong(port -> port.counters().get(counter)).sum();
    }

    /** Sees which ports got a frame. */
    private static final class Egresses implements Tap {
        final List<Long> seen = new ArrayList<>();

        @Override
        public void batch(FrameBatch batch, int ingress, long now, long sentAt) {
            for (int i = 0; i < batch.count(); i++) {
                seen.add(batch.egresses(i));
            }
        }

        @Override
        public void added(int index, Port port) {
        }

        @Override
        public void removed(int index, Port port) {
        }
    }

    @Test
    void aTapSeesThePortsThatTookAFrameAndNotThoseThatRefusedIt() {
        Egresses egresses = new Egresses();
        engine.tap(egresses);
        two.room = 0;
        receive(tap, broadcast(9));
        assertThat(egresses.seen).containsExactly(1L << engine.indexOf(one));
    }

    @Test
    void aTapThatThrowsSeesNoMoreAndNoPortIsBlamed() {
        engine.tap(new Tap() {
            @Override
            public void batch(FrameBatch batch, int ingress, long now, long sentAt) {
                throw new IllegalStateException("on purpose");
            }

            @Override
            public void added(int index, Port port) {
            }

            @Override
            public void removed(int index, Port port) {
            }
        });
        receive(tap, broadcast(9), broadcast(9));
        receive(tap, broadcast(9));
        assertThat(one.outgoing).hasSize(3);
        for (FakePort port : List.of(tap, one, two)) {
            assertThat(engine.hasFailed(port)).isFalse();
        }
        assertBooksBalance();
    }

    @Test
    void aFloodReachesEveryPortButTheIngress() {
        receive(tap, broadcast(9));
        assertThat(tap.outgoing).isEmpty();
        assertThat(one.outgoing).hasSize(1);
        assertThat(two.outgoing).hasSize(1);
        assertThat(tap.counters().get(PortCounter.FORWARDED_FRAMES)).isEqualTo(1);
        assertThat(tap.counters().get(PortCounter.FLOOD_COPIES)).isEqualTo(1);
        assertBooksBalance();
    }

    @Test
    void channelsNeverExchangeFrames() {
        learn();
        receive(one, FakePort.frame(2, 1, 60), FakePort.frame(77, 1, 60));
        assertThat(two.outgoing).isEmpty();
        assertThat(one.counters().get(Drop.SPLIT_HORIZON)).isEqualTo(1);
        assertThat(tap.outgoing).as("the unknown one").hasSize(1);
        assertBooksBalance();
    }

    @Test
    void aRightGuessIsPublishedWhereItLanded() {
        learn();
        receive(tap, FakePort.frame(1, 9, 60));
        assertThat(one.events).as("nobody guessed yet").isEmpty();
        receive(tap, FakePort.frame(1, 9, 100), FakePort.frame(1, 9, 200));
        assertThat(one.events).containsExactly("keep", "keep");
        assertThat(one.outgoing).extracting(frame -> frame.length).containsExactly(60, 100, 200);
        assertThat(tap.counters().get(PortCounter.LANDED_FRAMES)).isEqualTo(2);
        assertBooksBalance();
    }

    @Test
    void aWrongGuessIsCopiedToWhereItBelongsAndCancelled() {
        learn();
        receive(tap, FakePort.frame(1, 9, 60));
        receive(tap, FakePort.frame(1, 9, 61), FakePort.frame(2, 9, 62), FakePort.frame(1, 9, 63));
        assertThat(one.events).containsExactly("keep", "cancel", "keep");
        assertThat(one.outgoing).extracting(frame -> frame.length).containsExactly(60, 61, 63);
        assertThat(two.outgoing).extracting(frame -> frame.length).containsExactly(62);
        assertBooksBalance();
    }

    @Test
    void aFloodThatLandedIsKeptThereAndCopiedElsewhere() {
        learn();
        receive(tap, FakePort.frame(1, 9, 60));
        receive(tap, broadcast(9));
        assertThat(one.events).containsExactly("keep");
        assertThat(two.outgoing).hasSize(1);
        assertBooksBalance();
    }

    @Test
    void withDropAFullRingDropsAtOnce() {
        learn();
        one.room = 0;
        receive(tap, FakePort.frame(1, 9, 60), FakePort.frame(1, 9, 60));
        assertThat(tap.counters().get(Drop.RING_FULL)).isEqualTo(2);
        assertThat(tap.counters().get(PortCounter.PAUSES)).isZero();
        assertBooksBalance();
    }

    @Test
    void withWaitAFullRingPausesTheIngressUntilThereIsRoom() {
        learn();
        one.onFull = OnFull.WAIT;
        receive(tap, FakePort.frame(1, 9, 60));
        one.room = 0;
        receive(tap, FakePort.frame(1, 9, 61));
        assertThat(tap.incoming).as("not read").hasSize(1);
        assertThat(tap.counters().get(PortCounter.PAUSES)).isEqualTo(1);
        assertThat(engine.nextDeadline()).isEqualTo(now + Engine.MAX_WAIT_NANOS);
        one.room = 5;
        engine.pump();
        assertThat(one.outgoing).extracting(frame -> frame.length).containsExactly(60, 61);
        assertBooksBalance();
    }

    @Test
    void aStalledRingHoldsNobodyBackForLongerThanTheBound() {
        learn();
        one.onFull = OnFull.WAIT;
        receive(tap, FakePort.frame(1, 9, 60));
        one.room = 0;
        receive(tap, FakePort.frame(1, 9, 61), FakePort.frame(2, 9, 62));
        now += Engine.MAX_WAIT_NANOS;
        engine.pump();
        assertThat(tap.counters().get(Drop.RING_FULL)).isEqualTo(1);
        assertThat(two.outgoing).extracting(frame -> frame.length).containsExactly(62);
        receive(tap, FakePort.frame(1, 9, 63), FakePort.frame(1, 9, 64));
        assertThat(tap.counters().get(Drop.RING_FULL)).as("no second wait").isEqualTo(3);
        one.room = 5;
        receive(tap, FakePort.frame(1, 9, 65));
        assertThat(one.outgoing).extracting(frame -> frame.length).containsExactly(60, 65);
        assertBooksBalance();
    }

    @Test
    void anEgressThatIsTooSlowHoldsBackAgainAndAgain() {
        learn();
        one.onFull = OnFull.WAIT;
        one.roomOfLargest = 8;
        receive(tap, FakePort.frame(1, 9, 60));
        one.room = 4;
        for (int tenth = 0; tenth < 100; tenth++) {
            // Twice as much comes as goes.
            receive(tap, FakePort.frame(1, 9, 60), FakePort.frame(1, 9, 60));
            one.room++;
            now += Engine.MAX_WAIT_NANOS / 10;
        }
        assertThat(tap.counters().get(PortCounter.PAUSES)).isGreaterThan(3);
        assertBooksBalance();
    }

    @Test
    void aPausedIngressDoesNotStopTheOthers() {
        learn();
        one.onFull = OnFull.WAIT;
        receive(tap, FakePort.frame(1, 9, 60));
        one.room = 0;
        receive(tap, FakePort.frame(1, 9, 61));
        receive(two, FakePort.frame(9, 2, 70));
        assertThat(tap.outgoing).hasSize(1);
        assertThat(tap.incoming).hasSize(1);
    }

    @Test
    void aPortThatThrowsIsTakenOutOfServiceAndTheOthersGoOn() {
        learn();
        one.toThrow = new IllegalStateException("on purpose");
        receive(tap, FakePort.frame(1, 9, 60), FakePort.frame(2, 9, 61));
        assertThat(engine.hasFailed(one)).isTrue();
        assertThat(engine.hasFailed(tap)).isFalse();
        receive(tap, FakePort.frame(1, 9, 60), FakePort.frame(2, 9, 61));
        assertThat(tap.counters().get(Drop.PORT_DOWN)).isEqualTo(1);
        assertThat(two.outgoing).isNotEmpty();
        assertBooksBalance();
    }

    @Test
    void whatTheDeviceRefusesIsDroppedByName() {
        learn();
        tap.refuses = true;
        receive(one, FakePort.frame(9, 1, 60));
        assertThat(one.counters().get(Drop.EGRESS_ERROR)).isEqualTo(1);
        assertThat(tap.counters().get(PortCounter.REFUSED_FRAMES)).isEqualTo(1);
        assertBooksBalance();
    }

    @Test
    void aFrameWithTheAddressOfAnotherIsDroppedByNameAndTheTrafficStaysWhereItBelongs() {
        learn();
        engine.bridge().fdb().pin(0x0200_0000_0001L, 0, engine.indexOf(one), 0);
        receive(two, FakePort.frame(9, 1, 60));
        assertThat(two.counters().get(Drop.SPOOFED_SOURCE)).isEqualTo(1);
        receive(tap, FakePort.frame(1, 9, 60));
        assertThat(one.outgoing).hasSize(1);
        assertThat(two.outgoing).isEmpty();
        assertBooksBalance();
    }

    @Test
    void runtsAndLyingHeadersAreDroppedByName() {
        learn();
        receive(tap, new byte[13], new byte[0]);
        assertThat(tap.counters().get(Drop.RUNT)).isEqualTo(2);
        assertIsDropped(Drop.UNKNOWN_FLAG, VnetHeaderDescriptor.FLAGS_OFFSET, 0x40);
        assertIsDropped(Drop.UNKNOWN_GSO_TYPE, VnetHeaderDescriptor.GSO_TYPE_OFFSET, 77);
        assertIsDropped(Drop.BAD_GSO_SIZE, VnetHeaderDescriptor.GSO_TYPE_OFFSET, VnetHeaderDescriptor.GSO_TCPV4);
        assertIsDropped(Drop.HEADER_LENGTH_OUTSIDE, VnetHeaderDescriptor.HEADER_LENGTH_OFFSET, 61);
        one.vnetHeader[VnetHeaderDescriptor.CHECKSUM_START_OFFSET] = 59;
        assertIsDropped(Drop.CHECKSUM_OUTSIDE, VnetHeaderDescriptor.FLAGS_OFFSET,
            VnetHeaderDescriptor.FLAG_NEEDS_CHECKSUM);
        assertThat(tap.outgoing).isEmpty();
        assertBooksBalance();
    }

    /** A frame of a peer whose header has this byte. */
    private void assertIsDropped(Drop reason, int offset, int value) {
        one.vnetHeader[offset] = (byte) value;
        receive(one, FakePort.frame(9, 1, 60));
        one.vnetHeader[offset] = 0;
        assertThat(one.counters().get(reason)).as(reason.label()).isEqualTo(1);
    }

    @Test
    void aRemovedPortsCountersStayInTheTotals() {
        learn();
        receive(one, FakePort.frame(9, 1, 60));
        long received = one.counters().get(PortCounter.RECEIVED_FRAMES);
        engine.remove(one);
        assertThat(engine.removedPorts().get(PortCounter.RECEIVED_FRAMES)).isEqualTo(received);
        assertThat(engine.bridge().snapshot(now / 1_000_000)).noneMatch(entry -> entry.address() == 0x0200_0000_0001L);
        receive(tap, FakePort.frame(1, 9, 60));
        assertThat(two.outgoing).as("flooded, now that nobody knows").hasSize(1);
    }

    @Test
    void theBooksBalanceInRandomTraffic() {
        for (long seed = 1; seed <= 200; seed++) {
            EngineTest run = new EngineTest();
            run.randomTraffic(new Random(seed));
            assertThat(run.sum(PortCounter.RECEIVED_FRAMES)).as("seed " + seed).isPositive();
            run.assertBooksBalance();
        }
    }

    private void randomTraffic(Random random) {
        List<FakePort> ports = new ArrayList<>(List.of(tap, one, two));
        ports.add(port("nic", PortKind.NIC));
        ports.add(port("tap2", PortKind.TAP));
        for (int step = 0; step < 200; step++) {
            FakePort port = ports.get(random.nextInt(ports.size()));
            switch (random.nextInt(8)) {
                case 0 -> port.room = random.nextInt(4);
                case 1 -> port.room = Integer.MAX_VALUE;
                case 2 -> port.onFull = random.nextBoolean() ? OnFull.WAIT : OnFull.DROP;
                case 3 -> now += random.nextInt(30_000_000);
                case 4 -> port.refuses = random.nextInt(4) == 0;
                default -> {
                    int count = 1 + random.nextInt(100);
                    for (int i = 0; i < count; i++) {
                        port.incoming.add(randomFrame(random));
                    }
                }
            }
            engine.markReady(engine.indexOf(port));
            engine.pump();
        }
        now += Engine.MAX_WAIT_NANOS;
        while (engine.pump()) {
            continue;
        }
    }

    private static byte[] randomFrame(Random random) {
        int source = random.nextInt(12);
        return switch (random.nextInt(10)) {
            case 0 -> broadcast(source);
            case 1 -> new byte[random.nextInt(20)];
            case 2 -> FakePort.frame(random.nextInt(12), source, 14 + random.nextInt(65_000));
            default -> FakePort.frame(random.nextInt(12), source, 60 + random.nextInt(1400));
        };
    }

    @Test
    void coalescedFramesCountAsTheyCameInAndGoOutAsOne() {
        learn();
        tap.parts = 5;
        receive(tap, FakePort.frame(1, 9, 142));
        assertThat(one.outgoing).hasSize(1);
        assertThat(tap.counters().get(PortCounter.RECEIVED_FRAMES)).isEqualTo(1 + 5);
        assertThat(tap.counters().get(PortCounter.RECEIVED_BYTES)).isEqualTo(60 + 142 + 4 * 42);
        assertThat(tap.counters().get(PortCounter.COALESCED_FRAMES)).isEqualTo(4);
        assertThat(tap.counters().get(PortCounter.FORWARDED_FRAMES)).isEqualTo(1 + 5);
        one.room = 0;
        receive(tap, FakePort.frame(1, 9, 142));
        assertThat(tap.counters().get(Drop.RING_FULL)).isEqualTo(5);
        assertThat(tap.counters().get(PortCounter.RECEIVED_FRAMES))
            .isEqualTo(tap.counters().get(PortCounter.FORWARDED_FRAMES) + tap.counters().drops());
    }

    @Test
    void aStreamOfSmallFramesIsAskedForAgainWhenThePauseIsOverAndNotBefore() {
        FakePort stream = new FakePort("stream", PortKind.TAP);
        stream.moderated = true;
        int index = engine.add(stream);
        learn();
        for (int i = 0; !engine.isPaused(index); i++) {
            assertThat(i).as("a pause begins").isLessThan(100);
            now += 20_000;
            receive(stream, smallFrames(8));
        }
        long resume = engine.nextDeadline();
        assertThat(resume).isBetween(now + 20_000, now + 200_000);
        int asked = stream.asked;
        now = resume - 1;
        receive(stream, smallFrames(30));
        receive(one, FakePort.frame(9, 1, 60));
        assertThat(stream.asked).as("it is left alone, whoever calls").isEqualTo(asked);
        assertThat(tap.outgoing).as("the others are not").hasSize(1);
        now = resume;
        engine.pump();
        assertThat(stream.asked).isGreaterThan(asked);
        assertThat(stream.incoming).isEmpty();
    }

    @Test
    void aFloodedIngressRestsAfterEachBatchForHalfAsLongAsItTook() {
        FakePort flood = new FakePort("flood", PortKind.TAP);
        flood.moderated = true;
        flood.flooded = true;
        flood.whenAsked = () -> now += 80_000;
        engine.add(flood);
        receive(flood, smallFrames(3 * FrameBatch.MAX_FRAMES));
        assertThat(flood.asked).isEqualTo(1);
        assertThat(engine.nextDeadline()).isEqualTo(now + 40_000);
        now += 40_000;
        assertThat(engine.pump()).isFalse();
        assertThat(flood.asked).isEqualTo(2);
    }

    @Test
    void anAnswerToALoneFrameIsFoundBeforeTheEngineSleeps() {
        FakePort ring = polledRing();
        ring.answer = FakePort.frame(9, 3, 60);
        ring.answersAt = ring.asked + 50;
        ring.sleeps = 0;
        receive(tap, FakePort.frame(3, 9, 60));
        assertThat(tap.outgoing).hasSize(1);
        assertThat(ring.sleeps).as("once, when the answer is through").isEqualTo(1);
        assertBooksBalance();
    }

    @Test
    void anAnswerThatDoesNotComeIsNotLookedForAgainAtOnce() {
        FakePort ring = polledRing();
        ring.asked = 0;
        receive(tap, FakePort.frame(3, 9, 60));
        assertThat(ring.asked).isBetween(BusyPoll.MAX_LOOKS, BusyPoll.MAX_LOOKS + 3);
        ring.asked = 0;
        receive(tap, FakePort.frame(3, 9, 60));
        assertThat(ring.asked).as("looks while it waits").isLessThan(4);
        now += BusyPoll.MIN_BACK_OFF_NANOS;
        ring.asked = 0;
        receive(tap, FakePort.frame(3, 9, 60));
        assertThat(ring.asked).isGreaterThan(BusyPoll.MAX_LOOKS);
    }

    @Test
    void noAnswerIsLookedForToManyFramesOrToATransfer() {
        FakePort ring = polledRing();
        ring.asked = 0;
        receive(tap, FakePort.frame(3, 9, 60), FakePort.frame(3, 9, 60));
        receive(tap, FakePort.frame(3, 9, 1515));
        receive(ring, FakePort.frame(9, 3, 60));
        tap.parts = 2;
        receive(tap, FakePort.frame(3, 9, 142));
        assertThat(ring.asked).isLessThan(20);
    }

    /** A ring with station 3 behind it. */
    private FakePort polledRing() {
        FakePort ring = new FakePort("ring", PortKind.CHANNEL);
        ring.polledForFree = true;
        tap.drains = true;
        engine.add(ring);
        learn();
        receive(ring, broadcast(3));
        tap.outgoing.clear();
        return ring;
    }

    private static byte[][] smallFrames(int count) {
        byte[][] frames = new byte[count][];
        Arrays.fill(frames, FakePort.frame(1, 8, 60));
        return frames;
    }
}
