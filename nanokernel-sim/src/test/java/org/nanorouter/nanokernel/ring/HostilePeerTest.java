// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.Map;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;

/**
 * A peer that writes anything anywhere in its own region, at any moment. Whatever it does: no exception, no record that
 * is not wholly in the ring, no access outside the region (there, the JVM would end), and a quarantine with a reason.
 * {@code -Dnanorouter.seed=N} repeats a run.
 */
class HostilePeerTest {

    private static final int DATA = TwoRegions.PLACE.dataOffset();
    private static final int CAPACITY = TwoRegions.CAPACITY;
    private static final int CASES = 3_000_000;
    private static final Set<QuarantineReason> NOT_BY_THE_PEER =
        EnumSet.of(QuarantineReason.OWN_CURSORS_BROKEN, QuarantineReason.REFUSED_BY_OWNER);

    private final TwoRegions regions = new TwoRegions();
    private final long seed = Long.getLong("nanorouter.seed", System.nanoTime());
    private final SplittableRandom random = new SplittableRandom(seed);
    private final Map<QuarantineReason, Integer> reasons = new EnumMap<>(QuarantineReason.class);

    @AfterEach
    void freeMemory() {
        regions.close();
    }

    /** A shared memory that is another one at each load. */
    private final class LyingWords extends SharedWords {

        private final ByteBuffer memory;
        private long answered;

        LyingWords(ByteBuffer memory) {
            super(memory);
            this.memory = memory;
        }

        @Override
        long acquireLong(int offset) {
            assertThat(offset).isBetween(OsRegionDescriptor.CURSORS_OFFSET, OsRegionDescriptor.RINGS_OFFSET - 8);
            answered = cursor(random.nextInt(16) == 0 ? memory.getLong(offset) : answered);
            return answered;
        }

        @Override
        int acquireInt(int offset) {
            return random.nextInt(4) == 0 ? random.nextInt() : memory.getInt(offset);
        }

        @Override
        long plainLong(int offset) {
            assertThat(offset).isBetween(DATA, DATA + CAPACITY - 8);
            return random.nextInt(4) == 0 ? memory.getLong(offset) : recordWord();
        }
    }

    /** Honest memory that counts how often each word is loaded. */
    private static final class CountedWords extends SharedWords {

        private final Map<Integer, Integer> loads = new HashMap<>();

        CountedWords(ByteBuffer memory) {
            super(memory);
        }

        @Override
        long acquireLong(int offset) {
            loads.merge(offset, 1, Integer::sum);
            return super.acquireLong(offset);
        }

        @Override
        int acquireInt(int offset) {
            loads.merge(offset, 1, Integer::sum);
            return super.acquireInt(offset);
        }

        @Override
        long plainLong(int offset) {
            loads.merge(offset, 1, Integer::sum);
            return super.plainLong(offset);
        }

        void assertOnce(String operation) {
            assertThat(loads).as(operation).isNotEmpty();
            assertThat(loads.values()).as("%s: loads by offset: %s", operation, loads).containsOnly(1);
            loads.clear();
        }
    }

    @Test
    void eachSharedWordIsLoadedOnceForAnOperation() {
        resetCursors();
        final CountedWords words0 = new CountedWords(regions.bytes0);
        final CountedWords words1 = new CountedWords(regions.bytes1);
        final RingConsumer consumer = new RingConsumer(
            regions.region1, regions.region0SeenBy1, TwoRegions.PLACE, new Quarantine(), words0,
            new OwnWords(regions.bytes1));
        final RingProducer producer = new RingProducer(
            regions.region0, regions.region1SeenBy0, TwoRegions.PLACE, new Quarantine(), words1,
            new OwnWords(regions.bytes0));
        while (TwoRegions.send(producer, 4000, (byte) 1)) {
            words1.loads.clear();
        }
        words1.assertOnce("claim");
        producer.needsDoorbell();
        words1.assertOnce("needsDoorbell");
        producer.askForSpace();
        words1.assertOnce("askForSpace");
        consumer.poll();
        words0.assertOnce("poll");
        consumer.poll();
        assertThat(words0.loads).as("the same record once more").isEmpty();
        consumer.advance();
        consumer.release();
        consumer.needsSpaceDoorbell();
        words0.assertOnce("needsSpaceDoorbell");
        consumer.askForWake();
        words0.assertOnce("askForWake");
        producer.contiguous();
        words1.assertOnce("contiguous");
    }

    @Test
    void aConsumerWhoseEveryLoadDiffersNeverLeavesTheRing() {
        System.out.println("HostilePeerTest, lying consumer words: seed=" + seed);
        int quarantined = 0;
        long accepted = 0;
        resetCursors();
        Quarantine quarantine = new Quarantine();
        RingConsumer consumer = lyingConsumer(quarantine);
        for (int i = 0; i < CASES; i++) {
            accepted += drive(consumer);
            if (quarantine.stopped()) {
                count(quarantine);
                quarantined++;
                resetCursors();
                quarantine = new Quarantine();
                consumer = lyingConsumer(quarantine);
            }
        }
        assertThat(accepted).isGreaterThan(CASES / 100);
        assertThat(quarantined).isGreaterThan(CASES / 20);
        System.out.println("  accepted=" + accepted + " quarantined=" + reasons);
    }

    @Test
    void aProducerWhoseEveryLoadDiffersNeverLeavesTheRing() {
        System.out.println("HostilePeerTest, lying producer words: seed=" + seed);
        resetCursors();
        Quarantine quarantine = new Quarantine();
        RingProducer producer = lyingProducer(quarantine);
        int quarantined = 0;
        for (int i = 0; i < CASES; i++) {
            drive(producer);
            if (quarantine.stopped()) {
                count(quarantine);
                quarantined++;
                resetCursors();
                quarantine = new Quarantine();
                producer = lyingProducer(quarantine);
            }
        }
        assertThat(quarantined).isGreaterThan(CASES / 20);
        System.out.println("  quarantined=" + reasons);
    }

    @Test
    void aPeerThatWritesAnythingAnywhereCostsItselfItsChannel() {
        System.out.println("HostilePeerTest, writes anywhere: seed=" + seed);
        long accepted = 0;
        for (int i = 0; i < CASES; i++) {
            resetCursors();
            startAt(random.nextBoolean() ? 0 : CAPACITY - 8L * random.nextInt(1, 40));
            final Quarantine quarantine = new Quarantine();
            final RingConsumer consumer = regions.consumer(quarantine);
            final RingProducer victim = new RingProducer(
                regions.region1, regions.region0SeenBy1, TwoRegions.PLACE, quarantine);
            final RingProducer peer = regions.producer(new Quarantine());
            for (int n = random.nextInt(4); n >= 0; n--) {
                peer.claim(200);
                peer.publish(RecordDescriptor.TYPE_ETHERNET, 1 + random.nextInt(200), n);
            }
            for (int n = random.nextInt(3); n >= 0; n--) {
                scribble();
                accepted += drive(consumer);
                drive(victim);
            }
            count(quarantine);
        }
        System.out.println("  accepted=" + accepted + " quarantined=" + reasons);
        final Set<QuarantineReason> unseen = EnumSet.allOf(QuarantineReason.class);
        unseen.removeAll(NOT_BY_THE_PEER);
        unseen.removeAll(reasons.keySet());
        assertThat(unseen).as("reasons that no case led to").isEmpty();
    }

    @Test
    void aPeerThatWritesWhileItIsReadCostsItselfItsChannel() throws InterruptedException {
        System.out.println("HostilePeerTest, concurrent writes: seed=" + seed);
        resetCursors();
        final SplittableRandom theirs = random.split();
        final CountDownLatch writes = new CountDownLatch(1);
        final Thread peer = new Thread(() -> {
            writes.countDown();
            while (!Thread.currentThread().isInterrupted()) {
                regions.bytes0.putLong(OsRegionDescriptor.cursorsOffset(1) + CursorDescriptor.TAIL_OFFSET,
                    8L * theirs.nextInt(CAPACITY / 8 + 2));
                for (int n = 0; n < 16; n++) {
                    regions.bytes0.putLong(DATA + 8 * theirs.nextInt(64),
                        (long) theirs.nextInt(1, 16) % 4 << 32 | 8 * theirs.nextInt(0, 16));
                }
            }
        });
        peer.start();
        writes.await();
        long accepted = 0;
        try {
            for (int i = 0; i < CASES / 4; i++) {
                final Quarantine quarantine = new Quarantine();
                final RingConsumer consumer = regions.consumer(quarantine);
                while (!quarantine.stopped() && consumer.poll() >= 0) {
                    accepted += drive(consumer);
                }
                count(quarantine);
                regions.bytes1.putLong(OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.HEAD_OFFSET, 0);
            }
        } finally {
            peer.interrupt();
            peer.join();
        }
        System.out.println("  accepted=" + accepted + " quarantined=" + reasons);
        assertThat(reasons).isNotEmpty();
    }

    private int drive(RingConsumer consumer) {
        int accepted = 0;
        for (int n = random.nextInt(3); n >= 0; n--) {
            final int record = consumer.poll();
            if (record >= 0) {
                final int end = record + RecordDescriptor.span(consumer.length());
                if (record < DATA || end > DATA + CAPACITY || consumer.length() < 1
                    || consumer.length() > AbiDescriptor.MAX_PAYLOAD || consumer.type() < 2 || consumer.type() > 3) {
                    throw new AssertionError("record=" + record + " length=" + consumer.length() + " type="
                        + consumer.type() + " seed=" + seed);
                }
                accepted++;
                consumer.advance();
            }
        }
        switch (random.nextInt(5)) {
            case 0 -> consumer.askForWake();
            case 1 -> consumer.needsSpaceDoorbell();
            case 2 -> assertThat(consumer.unreadRecords()).isBetween(0, CAPACITY / 8);
            default -> consumer.release();
        }
        return accepted;
    }

    private void drive(RingProducer producer) {
        final int payload = 1 + random.nextInt(random.nextInt(8) == 0 ? AbiDescriptor.MAX_PAYLOAD : 2000);
        final int record = producer.claim(payload);
        if (record != RingProducer.FULL) {
            if (record < DATA || record + RecordDescriptor.span(payload) > DATA + CAPACITY) {
                throw new AssertionError("record=" + record + " payload=" + payload + " seed=" + seed);
            }
            producer.publish(RecordDescriptor.TYPE_ETHERNET, payload, 1);
        }
        switch (random.nextInt(5)) {
            case 0 -> producer.askForSpace();
            case 1 -> producer.needsDoorbell();
            case 2 -> assertThat(producer.contiguous()).isBetween(0, CAPACITY);
            case 3 -> assertThat(producer.unconsumedRecords()).isBetween(0, CAPACITY / 8);
            default -> assertThat(producer.usedBytes()).isBetween(0, CAPACITY);
        }
    }

    /** One word of region 0, mostly where it hurts. */
    private void scribble() {
        final int block = OsRegionDescriptor.cursorsOffset(1);
        switch (random.nextInt(8)) {
            case 0, 1 -> regions.bytes0.putLong(block + CursorDescriptor.TAIL_OFFSET,
                cursor(regions.bytes0.getLong(block + CursorDescriptor.TAIL_OFFSET)));
            case 2 -> regions.bytes0.putLong(block + CursorDescriptor.HEAD_OFFSET, cursor(0));
            case 3 -> regions.bytes0.putLong(block + 8 * random.nextInt(32), random.nextLong());
            case 4, 5 -> regions.bytes0.putLong(DATA + 8 * random.nextInt(40), recordWord());
            case 6 -> regions.bytes0.putLong(8 * random.nextInt(TwoRegions.LENGTH / 8), random.nextLong());
            default -> regions.bytes0.putLong(DATA + CAPACITY - 8 * random.nextInt(1, 40), recordWord());
        }
    }

    /** A value for a cursor: near the one that stands there, at a bound, or anything. */
    private long cursor(long near) {
        return switch (random.nextInt(24)) {
            case 0 -> near + 8L * random.nextInt(-20, 20);
            case 1 -> near + random.nextInt(-20, 20);
            case 2 -> near + CAPACITY + 8L * random.nextInt(-2, 3);
            case 3 -> random.nextLong();
            case 4 -> Long.MIN_VALUE + near;
            case 5 -> near + 8L * random.nextInt(CAPACITY / 8);
            default -> near;
        };
    }

    /** A value for the first word of a record: often one that could be. */
    private long recordWord() {
        final long type = random.nextInt(16) == 0 ? random.nextInt(0x10000) : 1 + random.nextInt(3);
        final int length = switch (random.nextInt(8)) {
            case 0 -> random.nextInt();
            case 1 -> random.nextInt(-16, 16);
            case 2 -> AbiDescriptor.MAX_PAYLOAD + random.nextInt(-2, 3);
            case 3 -> 8 * random.nextInt(CAPACITY / 4);
            default -> 8 * random.nextInt(1, 60);
        };
        return type << 32 | length & 0xFFFF_FFFFL;
    }

    private void resetCursors() {
        for (int offset = 0; offset < CursorDescriptor.BLOCK_LENGTH; offset += 8) {
            regions.bytes0.putLong(OsRegionDescriptor.cursorsOffset(1) + offset, 0);
            regions.bytes1.putLong(OsRegionDescriptor.cursorsOffset(0) + offset, 0);
        }
        regions.joined();
    }

    /** Lets the ring from 0 to 1 be empty at {@code position}. */
    private void startAt(long position) {
        regions.bytes0.putLong(OsRegionDescriptor.cursorsOffset(1) + CursorDescriptor.TAIL_OFFSET, position);
        regions.bytes1.putLong(OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.HEAD_OFFSET, position);
    }

    private RingConsumer lyingConsumer(Quarantine quarantine) {
        return new RingConsumer(regions.region1, regions.region0SeenBy1, TwoRegions.PLACE, quarantine,
            new LyingWords(regions.bytes0), new OwnWords(regions.bytes1));
    }

    private RingProducer lyingProducer(Quarantine quarantine) {
        return new RingProducer(regions.region0, regions.region1SeenBy0, TwoRegions.PLACE, quarantine,
            new LyingWords(regions.bytes1), new OwnWords(regions.bytes0));
    }

    private void count(Quarantine quarantine) {
        if (quarantine.reason() != null) {
            reasons.merge(quarantine.reason(), 1, Integer::sum);
        }
    }
}
