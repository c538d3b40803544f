// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.postmortem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.postmortem.RecoveredRecord.Fate;
import org.nanorouter.nanokernel.ring.RingProducer;

/**
 * Records read out of a ring of whose consumed part nobody knows where records begin. {@code -Dnanorouter.seed=N}
 * repeats a run.
 */
@Timeout(120)
class RecordRecoveryTest {
    private static final int CAPACITY = TwoOses.CAPACITY;
    private static final int RUNS = 300;
    private static final int HOSTILE_RUNS = 1_000;
    private static final int COPIES = 300;
    private static final int FILLED = 16_000;

    private final long seed = Long.getLong("nanorouter.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private TwoOses oses = new TwoOses();

    @AfterEach
    void free() {
        oses.close();
    }

    private void anew() {
        oses.close();
        oses = new TwoOses();
    }

    private static List<Long> sequences(List<RecoveredRecord> records) {
        return records.stream().map(RecoveredRecord::sequence).toList();
    }

    /** What was found is whole, in order, up to the newest. */
    private void assertFaithful(List<RecoveredRecord> records) {
        for (int i = 0; i < records.size(); i++) {
            RecoveredRecord record = records.get(i);
            assertThat(record.sequence()).as("seed %d", seed).isEqualTo(oses.sent - records.size() + i);
            byte[] found = new byte[record.length()];
            record.ring().bytes().get(record.payloadOffset(), found);
            assertThat(found).as("seed %d, record %d", seed, record.sequence())
                    .isEqualTo(TwoOses.payload(record.sequence(), record.length()));
            assertThat(record.enqueuedAt()).isEqualTo(TwoOses.BEGIN + record.sequence());
        }
    }

    @Test
    void anEmptyRingHasNone() {
        assertThat(RecordRecovery.recover(oses.image())).isEmpty();
    }

    @Test
    void consumedRecordsAreFoundAndToldFromThoseThatWait() {
        for (int i = 0; i < 10; i++) {
            oses.send(100 + i);
        }
        oses.receive(7);
        List<RecoveredRecord> records = RecordRecovery.recover(oses.image());
        assertFaithful(records);
        assertThat(records).hasSize(10);
        assertThat(records.subList(0, 7)).allMatch(record -> record.fate() == Fate.DELIVERED);
        assertThat(records.subList(7, 10)).allMatch(record -> record.fate() == Fate.WAITING);
    }

    @Test
    void everyRecordOfTheLastLapButTheOldestIsFoundWhateverWasSent() {
        System.out.println("seed " + seed);
        int wrapped = 0;
        for (int run = 0; run < RUNS; run++) {
            anew();
            int longest = 1 << 4 + random.nextInt(13);
            int rounds = random.nextInt(1, 4 * CAPACITY / longest);
            for (int i = 0; i < rounds; i++) {
                int kind = random.nextInt(10);
                if (kind == 0) {
                    int record = oses.producer.claim(longest);
                    if (record >= 0) {
                        oses.producer.publishPadding(RecordDescriptor.span(random.nextInt(1, longest + 1)));
                    }
                } else if (kind < 8) {
                    oses.send(random.nextInt(1, Math.min(longest, AbiDescriptor.MAX_PAYLOAD) + 1));
                } else {
                    oses.receive(random.nextInt(20));
                }
            }
            List<RecoveredRecord> records = RecordRecovery.recover(oses.image());
            assertFaithful(records);
            // Exactly those that lie wholly in the image.
            long start = oses.image().start();
            wrapped += start > 0 ? 1 : 0;
            assertThat(records).as("seed %d", seed)
                    .hasSize((int) oses.positions.stream().filter(position -> position >= start).count());
        }
        assertThat(wrapped).as("seed %d", seed).isGreaterThan(RUNS / 10);
    }

    @Test
    void aCopyTakenWhileBothSidesGoOnHoldsNoWrongRecord() throws Exception {
        // Equal records: what is half overwritten still has a header that fits.
        AtomicBoolean ended = new AtomicBoolean();
        CompletableFuture<Void> producer = CompletableFuture.runAsync(() -> {
            for (long sequence = 0; !ended.get();) {
                sequence += sendFilled(sequence) ? 1 : 0;
            }
        });
        CompletableFuture<Void> consumer = CompletableFuture.runAsync(() -> {
            while (!ended.get()) {
                oses.receive(8);
            }
        });
        long found = 0;
        try {
            await().until(() -> !RecordRecovery.recover(oses.image()).isEmpty());
            for (int i = 0; i < COPIES; i++) {
                List<RecoveredRecord> records = RecordRecovery.recover(oses.image());
                found += records.size();
                for (RecoveredRecord record : records) {
                    for (int at = 0; at < record.length(); at += Long.BYTES) {
                        assertThat(record.ring().bytes().getLong(record.payloadOffset() + at))
                                .isEqualTo(record.sequence());
                    }
                }
            }
        } finally {
            ended.set(true);
            CompletableFuture.allOf(producer, consumer).get(20, TimeUnit.SECONDS);
        }
        assertThat(found).isGreaterThan(COPIES);
    }

    /** Sends a record every word of which is its number, written where it will lie. */
    private boolean sendFilled(long sequence) {
        int record = oses.producer.claim(FILLED);
        if (record == RingProducer.FULL) {
            Thread.onSpinWait();
            return false;
        }
        for (int at = 0; at < FILLED; at += Long.BYTES) {
            oses.producer.buffer().putLong(record + RecordDescriptor.PAYLOAD_OFFSET + at, sequence);
        }
        oses.producer.publish(RecordDescriptor.TYPE_ETHERNET, FILLED, TwoOses.BEGIN);
        return true;
    }

    @Test
    void withLittleRoomTheNewestAreKept() {
        for (int i = 0; i < 100; i++) {
            oses.send(1000);
        }
        oses.receive(50);
        List<RecoveredRecord> records = RecordRecovery.recover(oses.image(8 << 10));
        assertFaithful(records);
        assertThat(records).hasSize((8 << 10) / RecordDescriptor.span(1000));
    }

    @Test
    void whatIsLaidOutBehindTheTailSpoilsNoOldRecord() {
        // Equal records lie at the same places in every lap, so the old headers stay valid above the new payloads.
        int span = RecordDescriptor.span(AbiDescriptor.MAX_PAYLOAD);
        while (oses.sent < 4L * CAPACITY / RecordDescriptor.span(1400)) {
            assertThat(oses.send(1400)).isTrue();
            oses.receive(1);
        }
        int begin = oses.producer.claimBytes(span);
        for (int at = begin; at + span <= begin + Math.min(oses.producer.contiguous(), 2 * span);) {
            byte[] payload = new byte[1400];
            oses.producer.buffer().put(at + RecordDescriptor.PAYLOAD_OFFSET, payload);
            at += RecordDescriptor.span(payload.length);
        }
        List<RecoveredRecord> records = RecordRecovery.recover(oses.image());
        assertFaithful(records);
        assertThat(records).hasSizeGreaterThan((CAPACITY - RingImage.UNPUBLISHED) / RecordDescriptor.span(1400) - 2);
    }

    @Test
    void aRingThatWasSentAsPayloadIsNotTakenForTheRing() {
        for (int i = 0; i < 40; i++) {
            oses.send(60);
        }
        byte[] dump = new byte[40 * RecordDescriptor.span(60)];
        oses.bytes0.get(TwoOses.PLACE.dataOffset(), dump);
        anew();
        oses.send(60);
        // The dump ends where the record does, and its chain is longer than the true one.
        byte[] payload = new byte[dump.length + 4];
        System.arraycopy(dump, 0, payload, 4, dump.length);
        oses.send(payload);
        assertThat(sequences(RecordRecovery.recover(oses.image()))).containsExactly(0L, 1L);
        oses.receive(2);
        assertThat(sequences(RecordRecovery.recover(oses.image()))).containsExactly(0L, 1L);
    }

    @Test
    void aProducerThatDiedBetweenItsTwoStoresLosesNoRecord() {
        for (int i = 0; i < 5; i++) {
            oses.send(60);
        }
        int next = OsRegionDescriptor.cursorsOffset(1) + CursorDescriptor.NEXT_SEQUENCE_OFFSET;
        oses.bytes0.putLong(next, oses.bytes0.getLong(next) + 1);
        assertThat(sequences(RecordRecovery.recover(oses.image()))).containsExactly(0L, 1L, 2L, 3L, 4L);
    }

    @Test
    void garbageAtTheEndLeavesWhatWasDeliveredBefore() {
        for (int i = 0; i < 5; i++) {
            oses.send(60);
        }
        oses.receive(3);
        oses.bytes0.putInt(TwoOses.PLACE.dataOffset() + 3 * RecordDescriptor.span(60), 0x7FFF_FFFF);
        oses.bytes0.putInt(TwoOses.PLACE.dataOffset() + 4 * RecordDescriptor.span(60), -1);
        assertThat(sequences(RecordRecovery.recover(oses.image()))).containsExactly(0L, 1L, 2L);
    }

    @Test
    void anotherEpochsCursorsAreNotBelieved() {
        oses.send(60);
        oses.bytes0.putInt(OsRegionDescriptor.cursorsOffset(1) + CursorDescriptor.PEER_EPOCH_OFFSET, 99);
        assertThat(oses.image().tail()).isZero();
        assertThat(RecordRecovery.recover(oses.image())).isEmpty();
    }

    @Test
    void aHeadThatCannotBeIsUnknownAndHidesNothing() {
        oses.send(60);
        int head = OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.HEAD_OFFSET;
        for (long lie : new long[] {-8, 3, 1 << 20, Long.MIN_VALUE, Long.MAX_VALUE}) {
            oses.bytes1.putLong(head, lie);
            assertThat(RecordRecovery.recover(oses.image())).as("head %d", lie).singleElement()
                    .returns(Fate.UNKNOWN, RecoveredRecord::fate);
        }
    }

    @Test
    void anythingInRingAndCursorsEndsSoonAndStaysInside() {
        System.out.println("seed " + seed);
        for (int run = 0; run < HOSTILE_RUNS; run++) {
            if (run % 100 == 0) {
                anew();
                for (int i = 0; i < 2000; i++) {
                    oses.send(random.nextInt(1, 2000));
                    oses.receive(1);
                }
            }
            for (int i = random.nextInt(40); i > 0; i--) {
                oses.bytes0.putLong(TwoOses.PLACE.dataOffset() + 8 * random.nextInt(CAPACITY / 8), anything());
            }
            int own = OsRegionDescriptor.cursorsOffset(1);
            oses.bytes0.putLong(own + CursorDescriptor.TAIL_OFFSET,
                    random.nextBoolean() ? anything() : 8L * random.nextInt(1 << 20));
            oses.bytes0.putLong(own + CursorDescriptor.NEXT_SEQUENCE_OFFSET, anything());
            oses.bytes1.putLong(OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.HEAD_OFFSET, anything());
            RingImage image = oses.image(8 * random.nextInt(CAPACITY / 8 + 1));
            int end = 0;
            for (RecoveredRecord record : RecordRecovery.recover(image)) {
                assertThat(record.offset()).as("seed %d", seed).isGreaterThanOrEqualTo(end);
                assertThat(record.length()).as("seed %d", seed).isBetween(1, AbiDescriptor.MAX_PAYLOAD);
                end = record.offset() + RecordDescriptor.span(record.length());
                assertThat(end).as("seed %d", seed).isLessThanOrEqualTo(image.bytes().capacity());
            }
        }
    }

    private long anything() {
        return switch (random.nextInt(5)) {
            case 0 -> random.nextLong();
            case 1 -> (long) random.nextInt(4) << 32 | random.nextInt(1 << 17);
            case 2 -> 1L << 32 | 8L * random.nextInt(1 << 14);
            case 3 -> random.nextInt(1 << 12);
            default -> 8L * random.nextInt(1 << 17);
        };
    }

    @Test
    void aLargeRingFullOfTheSmallestPaddingIsReadInAMoment() {
        int capacity = 8 << 20;
        ByteBuffer bytes = ByteBuffer.allocate(capacity).order(ByteOrder.LITTLE_ENDIAN);
        for (int at = 0; at < capacity; at += 8) {
            bytes.putLong(at, 1L << 32 | 8);
        }
        RingImage image = new RingImage("a", "b", capacity, capacity, 0, 0, 0, 0, Long.MAX_VALUE, bytes);
        long begin = System.nanoTime();
        assertThat(RecordRecovery.recover(image)).isEmpty();
        assertThat(System.nanoTime() - begin).isLessThan(10_000_000_000L);
    }
}
