// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;

/** No wakeup is lost, and few doorbells are rung. */
class DoorbellTest {

    private final TwoRegions regions = new TwoRegions().joined();

    @AfterEach
    void freeMemory() {
        regions.close();
    }

    @Test
    void ruleAgreesWithItsDefinitionEvenAcrossTheEndOfNumbers() {
        for (final long base : new long[] {0, 1000, -5, Long.MAX_VALUE - 3}) {
            for (int from = 0; from < 12; from++) {
                for (int to = from; to < 12; to++) {
                    for (int wakeAt = 0; wakeAt < 12; wakeAt++) {
                        assertThat(EventIndex.passed(base + wakeAt, base + from, base + to))
                            .isEqualTo(from <= wakeAt && wakeAt < to);
                    }
                }
            }
        }
    }

    @Test
    void sleepingConsumerIsWokenByTheNextBatchOnce() {
        final RingProducer producer = regions.producer(new Quarantine());
        final RingConsumer consumer = regions.consumer(new Quarantine());
        assertThat(consumer.askForWake()).isFalse();
        TwoRegions.send(producer, 60, (byte) 1);
        TwoRegions.send(producer, 60, (byte) 1);
        assertThat(producer.needsDoorbell()).isTrue();
        assertThat(producer.needsDoorbell()).isFalse();
        TwoRegions.send(producer, 60, (byte) 1);
        assertThat(producer.needsDoorbell()).as("it is awake now").isFalse();
    }

    @Test
    void consumerThatAsksTooLateIsToldToGoOn() {
        final RingProducer producer = regions.producer(new Quarantine());
        final RingConsumer consumer = regions.consumer(new Quarantine());
        TwoRegions.send(producer, 60, (byte) 1);
        assertThat(consumer.askForWake()).isTrue();
    }

    @Test
    void producerThatWaitsForSpaceIsWokenWhenAQuarterIsFree() {
        final RingProducer producer = regions.producer(new Quarantine());
        final RingConsumer consumer = regions.consumer(new Quarantine());
        final int length = 4096 - RecordDescriptor.PAYLOAD_OFFSET;
        while (TwoRegions.send(producer, length, (byte) 1)) {
            assertThat(producer.usedBytes()).isPositive();
        }
        // The initial wish, at 0, is fulfilled by the first record; it is not the one of interest.
        TwoRegions.receive(consumer);
        consumer.needsSpaceDoorbell();
        assertThat(TwoRegions.send(producer, length, (byte) 1)).isTrue();
        assertThat(producer.askForSpace()).isTrue();
        int records = 0;
        do {
            TwoRegions.receive(consumer);
            records++;
        } while (!consumer.needsSpaceDoorbell());
        assertThat(records).isEqualTo(TwoRegions.CAPACITY / 4 / 4096 + 1);
        assertThat(producer.claim(length)).isNotEqualTo(RingProducer.FULL);
    }

    @Test
    void peerThatHasNotJoinedIsRungForTheFirstRecordAtMost() {
        try (TwoRegions apart = new TwoRegions()) {
            apart.region0.adoptPeer(1, TwoRegions.EPOCH_OF_1);
            apart.bytes1.putLong(OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.WAKE_AT_OFFSET, 96);
            final RingProducer producer = apart.producer(new Quarantine());
            TwoRegions.send(producer, 60, (byte) 1);
            producer.needsDoorbell();
            TwoRegions.send(producer, 60, (byte) 1);
            assertThat(producer.needsDoorbell()).as("the wish is one of another epoch").isFalse();
        }
    }

    /**
     * Every run of the protocol with up to three records on a machine whose stores may linger behind later loads, as
     * a model: one state is (cursors in memory, store buffers, program counters, doorbell).
     */
    @Test
    void noInterleavingOfStoresAndLoadsLosesAWakeup() {
        assertThat(lostWakeups(true, true)).isZero();
    }

    @Test
    void theModelFindsTheLostWakeupWhereAFenceIsMissing() {
        assertThat(lostWakeups(false, true)).isPositive();
        assertThat(lostWakeups(true, false)).isPositive();
    }

    private static final int TAIL = 0;
    private static final int WAKE_AT = 1;
    private static final int PENDING_TAIL = 2;
    private static final int PENDING_WAKE_AT = 3;
    private static final int PRODUCER_AT = 4;
    private static final int PUBLISHED = 5;
    private static final int CONSUMER_AT = 6;
    private static final int CONSUMED = 7;
    private static final int BELL = 8;
    private static final int NOTHING_PENDING = -1;
    private static final int RECORDS = 3;
    private static final int ASLEEP = 3;

    /** Counts the states in which the consumer sleeps for good although there is a record. */
    private static int lostWakeups(boolean producerFence, boolean consumerFence) {
        final Set<String> seen = new HashSet<>();
        final Deque<int[]> open = new ArrayDeque<>();
        open.add(new int[] {0, 0, NOTHING_PENDING, NOTHING_PENDING, 0, 0, 0, 0, 0});
        int lost = 0;
        while (!open.isEmpty()) {
            final int[] state = open.remove();
            if (!seen.add(Arrays.toString(state))) {
                continue;
            }
            final int before = open.size();
            step(open, state, producerFence, consumerFence);
            if (open.size() == before && state[CONSUMED] < RECORDS) {
                lost++;
            }
        }
        return lost;
    }

    private static void step(Deque<int[]> open, int[] state, boolean producerFence, boolean consumerFence) {
        if (state[PENDING_TAIL] != NOTHING_PENDING) {
            open.add(with(with(state, TAIL, state[PENDING_TAIL]), PENDING_TAIL, NOTHING_PENDING));
        }
        if (state[PENDING_WAKE_AT] != NOTHING_PENDING) {
            open.add(with(with(state, WAKE_AT, state[PENDING_WAKE_AT]), PENDING_WAKE_AT, NOTHING_PENDING));
        }
        producerStep(open, state, producerFence);
        consumerStep(open, state, consumerFence);
    }

    /** 0: store tail; 1: fence, load wake_at, ring if passed. */
    private static void producerStep(Deque<int[]> open, int[] state, boolean fence) {
        final int published = state[PUBLISHED];
        if (state[PRODUCER_AT] == 0 && published < RECORDS && state[PENDING_TAIL] == NOTHING_PENDING) {
            open.add(with(with(with(state, PENDING_TAIL, published + 1), PUBLISHED, published + 1), PRODUCER_AT, 1));
        } else if (state[PRODUCER_AT] == 1 && (!fence || state[PENDING_TAIL] == NOTHING_PENDING)) {
            final boolean ring = EventIndex.passed(state[WAKE_AT], published - 1, published);
            open.add(with(with(state, BELL, ring ? 1 : state[BELL]), PRODUCER_AT, 0));
        }
    }

    /** 0: consume what the tail shows; 1: store wake_at; 2: fence, load tail, sleep if nothing; 3: asleep. */
    private static void consumerStep(Deque<int[]> open, int[] state, boolean fence) {
        switch (state[CONSUMER_AT]) {
            case 0 -> open.add(with(with(state, CONSUMED, state[TAIL]), CONSUMER_AT, 1));
            case 1 -> {
                if (state[CONSUMED] < RECORDS && state[PENDING_WAKE_AT] == NOTHING_PENDING) {
                    open.add(with(with(state, PENDING_WAKE_AT, state[CONSUMED]), CONSUMER_AT, 2));
                }
            }
            case 2 -> {
                if (!fence || state[PENDING_WAKE_AT] == NOTHING_PENDING) {
                    open.add(with(state, CONSUMER_AT, state[TAIL] != state[CONSUMED] ? 0 : ASLEEP));
                }
            }
            default -> {
                if (state[BELL] == 1) {
                    open.add(with(with(state, BELL, 0), CONSUMER_AT, 0));
                }
            }
        }
    }

    private static int[] with(int[] state, int field, int value) {
        final int[] next = state.clone();
        next[field] = value;
        return next;
    }

    @Test
    void twoThreadsThatSleepOnDoorbellsFinishAndRingSeldom() throws InterruptedException {
        final int records = 300_000;
        final long seed = System.nanoTime();
        System.out.println("DoorbellTest seed=" + seed);
        final RingProducer producer = regions.producer(new Quarantine());
        final RingConsumer consumer = regions.consumer(new Quarantine());
        final int toConsumer = EventFd.create();
        final int toProducer = EventFd.create();
        final AtomicReference<Throwable> failure = new AtomicReference<>();
        final long[] rung = new long[2];
        final Thread sending = new Thread(() -> {
            final SplittableRandom random = new SplittableRandom(seed);
            for (int sent = 0; sent < records;) {
                for (int batch = 1 + random.nextInt(64); batch > 0 && sent < records; batch--) {
                    if (TwoRegions.send(producer, 1 + random.nextInt(random.nextInt(4) == 0 ? 9000 : 100), (byte) 1)) {
                        sent++;
                    } else {
                        break;
                    }
                }
                if (producer.needsDoorbell()) {
                    rung[0]++;
                    EventFd.ring(toConsumer);
                }
                if (producer.claim(9000) == RingProducer.FULL && producer.askForSpace()) {
                    sleep(toProducer, "producer at " + sent);
                }
            }
        });
        sending.setUncaughtExceptionHandler((thread, problem) -> failure.set(problem));
        sending.start();
        int received = 0;
        while (received < records && failure.get() == null) {
            while (consumer.poll() >= 0) {
                consumer.advance();
                received++;
                if (received % 16 == 0) {
                    consumer.release();
                }
            }
            consumer.release();
            if (consumer.needsSpaceDoorbell()) {
                rung[1]++;
                EventFd.ring(toProducer);
            }
            if (received < records && !consumer.askForWake()) {
                sleep(toConsumer, "consumer at " + received);
            }
        }
        sending.join();
        Fd.close(toConsumer);
        Fd.close(toProducer);
        assertThat(failure.get()).isNull();
        assertThat(received).isEqualTo(records);
        assertThat(rung[0] + rung[1]).isLessThan(records);
        System.out.println("  doorbells to consumer=" + rung[0] + " to producer=" + rung[1] + " for " + records);
    }

    private static void sleep(int doorbell, String who) {
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            entry.buffer().putInt(Poll.FD_OFFSET, doorbell).putShort(Poll.EVENTS_OFFSET, Poll.IN);
            assertThat(Poll.poll(entry.address(), 1, 10_000)).as("lost wakeup of the %s", who).isOne();
            EventFd.drain(doorbell);
        }
    }
}
