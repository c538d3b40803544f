// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.function.IntUnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;

/**
 * An endpoint dies between every two of its stores into shared memory, and its successor goes on from the cursors that
 * it left; the survivor acts only when it is rung. What {@code kill_selftest.c} does to the C side by a tracer, done by
 * words that refuse to be stored: whoever reads the memory cannot tell the difference.
 */
class KillPointTest {

    private static final int BATCH = 2;
    private static final int FRAMES = 7;
    /** Length and type, number, time; next number; tail. */
    private static final int STORES_OF_A_RECORD = 5;
    private static final int SMALL = 40;
    /** Four fill a ring. */
    private static final int LARGE = 60_000;
    /** One small record fits before the ring's end, the next needs padding. */
    private static final long NEAR_THE_END = TwoRegions.CAPACITY - 120;

    private static final int[] WORDS = {CursorDescriptor.TAIL_OFFSET, CursorDescriptor.NEXT_SEQUENCE_OFFSET,
        CursorDescriptor.SPACE_WAKE_AT_OFFSET, CursorDescriptor.HEAD_OFFSET, CursorDescriptor.WAKE_AT_OFFSET};
    private static final long OLD_WORD = RecordDescriptor.span(SMALL);

    private record Read(int frame, long sequence) {
    }

    private static final class Killed extends RuntimeException {
        private static final long serialVersionUID = 1;
    }

    /** Takes so many stores, then ends its user. */
    private static final class MortalWords extends OwnWords {

        private int left;

        MortalWords(ByteBuffer memory, int stores) {
            super(memory);
            left = stores;
        }

        private void live() {
            if (left-- == 0) {
                throw new Killed();
            }
        }

        @Override
        void plainInt(int offset, int value) {
            live();
            super.plainInt(offset, value);
        }

        @Override
        void plainLong(int offset, long value) {
            live();
            super.plainLong(offset, value);
        }

        @Override
        void releaseLong(int offset, long value) {
            live();
            super.releaseLong(offset, value);
        }
    }

    private TwoRegions regions;
    private int frameLength;
    private int framesTaken;
    private int bellOfConsumer;
    private int bellOfProducer;
    private final List<Read> reads = new ArrayList<>();

    @AfterEach
    void freeMemory() {
        if (regions != null) {
            regions.close();
        }
    }

    @Test
    void producerThatDiesBehindAnyOfItsStoresLosesItsBatchAtMost() {
        assertThat(atEveryStore(stores -> killProducer(stores, 0))).isEqualTo(STORES_OF_A_RECORD * FRAMES);
        assertThat(atEveryStore(stores -> killProducer(stores, NEAR_THE_END)))
            .as("with padding").isEqualTo(STORES_OF_A_RECORD * FRAMES + 1);
    }

    @Test
    void producerThatDiesWaitingForSpaceLosesItsBatchAtMost() {
        assertThat(atEveryStore(this::killWaitingProducer)).isGreaterThan(FRAMES);
    }

    @Test
    void consumerThatDiesBehindAnyOfItsStoresHasItsBatchRepeatedAtMost() {
        assertThat(atEveryStore(this::killConsumer)).isGreaterThan(BATCH);
    }

    /** Whatever the order of the zeroes, a death between them leaves some of the words zero and the old epoch. */
    @Test
    void endpointThatDiesWhileItJoinsDeliversNothingOfTheOldEpochAndItsSuccessorJoinsAnew() {
        for (int zeroed = 0; zeroed < 1 << WORDS.length; zeroed++) {
            begin(0, SMALL);
            regions.region0.adoptPeer(1, TwoRegions.EPOCH_OF_1 - 1);
            assertThat(TwoRegions.send(openProducer(new OwnWords(regions.bytes0)), SMALL, (byte) 99)).isTrue();
            for (int i = 0; i < WORDS.length; i++) {
                regions.bytes0.putLong(
                    OsRegionDescriptor.cursorsOffset(1) + WORDS[i], (zeroed & 1 << i) == 0 ? OLD_WORD : 0);
            }
            final RingConsumer survivor = openConsumer(new OwnWords(regions.bytes1));
            assertThat(survivor.poll()).as("words %s zeroed", Integer.toBinaryString(zeroed))
                .isEqualTo(RingConsumer.NONE);
            consume(survivor);
            final int seen = bellOfConsumer;
            assertThat(regions.region0.adoptPeer(1, TwoRegions.EPOCH_OF_1)).as("went on").isFalse();
            runWhileRung(openProducer(new OwnWords(regions.bytes0)), survivor, seen, bellOfProducer - 1);
            assertThat(survivor.sequenceGaps()).isZero();
            checkReads(zeroed, reads.size(), 0, 0);
        }
    }

    /** Kills behind each store in turn until a life ends by itself, and returns how many stores that had. */
    private static int atEveryStore(IntUnaryOperator killBehind) {
        int stores = 0;
        while (killBehind.applyAsInt(stores) == 1) {
            stores++;
        }
        return stores;
    }

    private int killProducer(int stores, long position) {
        begin(position, SMALL);
        final RingConsumer survivor = openConsumer(new OwnWords(regions.bytes1));
        consume(survivor);
        int seen = bellOfConsumer;
        final boolean killed = dies(() -> produce(openProducer(new MortalWords(regions.bytes0, stores))));
        if (seen != bellOfConsumer) {
            seen = bellOfConsumer;
            consume(survivor);
        }
        produce(openProducer(new OwnWords(regions.bytes0)));
        if (seen != bellOfConsumer) {
            consume(survivor);
        }
        assertThat(survivor.sequenceGaps()).as("behind store %d", stores).isLessThanOrEqualTo(1);
        checkReads(stores, reads.size(), BATCH, 0);
        return killed ? 1 : 0;
    }

    private int killWaitingProducer(int stores) {
        begin(0, LARGE);
        final RingConsumer survivor = openConsumer(new OwnWords(regions.bytes1));
        final boolean killed = dies(() -> produce(openProducer(new MortalWords(regions.bytes0, stores))));
        runWhileRung(openProducer(new OwnWords(regions.bytes0)), survivor, bellOfConsumer - 1, bellOfProducer - 1);
        checkReads(stores, reads.size(), BATCH, 0);
        return killed ? 1 : 0;
    }

    private int killConsumer(int stores) {
        begin(NEAR_THE_END, LARGE);
        final RingProducer survivor = openProducer(new OwnWords(regions.bytes0));
        produce(survivor);
        assertThat(framesTaken).as("the ring was full").isLessThan(FRAMES);
        final int seen = bellOfProducer;
        final boolean killed = dies(() -> consume(openConsumer(new MortalWords(regions.bytes1, stores))));
        final int readBefore = reads.size();
        runWhileRung(survivor, openConsumer(new OwnWords(regions.bytes1)), bellOfConsumer - 1, seen);
        checkReads(stores, readBefore, 0, BATCH);
        return killed ? 1 : 0;
    }

    /** Both act in turn, each when it was rung. */
    private void runWhileRung(RingProducer producer, RingConsumer consumer, int consumerSeen, int producerSeen) {
        int seenByConsumer = consumerSeen;
        int seenByProducer = producerSeen;
        while (seenByConsumer != bellOfConsumer || seenByProducer != bellOfProducer) {
            if (seenByProducer != bellOfProducer) {
                seenByProducer = bellOfProducer;
                produce(producer);
            }
            if (seenByConsumer != bellOfConsumer) {
                seenByConsumer = bellOfConsumer;
                consume(consumer);
            }
        }
    }

    private void begin(long position, int length) {
        freeMemory();
        regions = new TwoRegions().joined();
        regions.bytes0.putLong(OsRegionDescriptor.cursorsOffset(1) + CursorDescriptor.TAIL_OFFSET, position);
        regions.bytes1.putLong(OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.HEAD_OFFSET, position);
        frameLength = length;
        framesTaken = 0;
        bellOfConsumer = 0;
        bellOfProducer = 0;
        reads.clear();
    }

    private static boolean dies(Runnable life) {
        try {
            life.run();
            return false;
        } catch (Killed e) {
            return true;
        }
    }

    private RingProducer openProducer(OwnWords words) {
        bellOfConsumer++;
        return new RingProducer(regions.region0, regions.region1SeenBy0, TwoRegions.PLACE, new Quarantine(),
            new SharedWords(regions.region1SeenBy0.buffer()), words);
    }

    private RingConsumer openConsumer(OwnWords words) {
        bellOfProducer++;
        return new RingConsumer(regions.region1, regions.region0SeenBy1, TwoRegions.PLACE, new Quarantine(),
            new SharedWords(regions.region0SeenBy1.buffer()), words);
    }

    /** Lays batches out and publishes their frames until there are none, or no room. */
    private void produce(RingProducer producer) {
        while (framesTaken < FRAMES) {
            final int record = producer.claim(frameLength);
            if (record == RingProducer.FULL) {
                if (producer.askForSpace()) {
                    return;
                }
                continue;
            }
            final int span = RecordDescriptor.span(frameLength);
            final int frames =
                Math.min(FRAMES - framesTaken, Math.min(BATCH, producer.contiguous() / span));
            for (int i = 0; i < frames; i++) {
                framesTaken++;
                for (int at = 0; at < frameLength; at++) {
                    producer.buffer().put(
                        record + i * span + RecordDescriptor.PAYLOAD_OFFSET + at, (byte) framesTaken);
                }
            }
            for (int i = 0; i < frames; i++) {
                producer.publish(RecordDescriptor.TYPE_ETHERNET, frameLength, 0);
            }
            if (producer.needsDoorbell()) {
                bellOfConsumer++;
            }
        }
    }

    private void consume(RingConsumer consumer) {
        do {
            for (int i = 0; i < BATCH && consumer.poll() >= 0; i++) {
                read(consumer);
                consumer.advance();
            }
            consumer.release();
            if (consumer.needsSpaceDoorbell()) {
                bellOfProducer++;
            }
        } while (consumer.askForWake());
        assertThat(consumer.poll()).as("no quarantine").isEqualTo(RingConsumer.NONE);
    }

    private void read(RingConsumer consumer) {
        final int payload = consumer.poll() + RecordDescriptor.PAYLOAD_OFFSET;
        final byte frame = consumer.buffer().get(payload);
        assertThat(consumer.length()).isEqualTo(frameLength);
        for (int at = 1; at < frameLength; at++) {
            if (consumer.buffer().get(payload + at) != frame) {
                throw new AssertionError("byte " + at + " of frame " + frame);
            }
        }
        reads.add(new Read(frame, consumer.sequence()));
    }

    /** All frames in order, but for those that the one death lost, or gave to the successor once more. */
    private void checkReads(int stores, int readBefore, int mayMiss, int mayRepeat) {
        int expected = 1;
        int missing = 0;
        int repeated = 0;
        for (int i = 0; i < reads.size(); i++) {
            final int frame = reads.get(i).frame;
            missing += Math.max(0, frame - expected);
            if (frame < expected) {
                assertThat(i).as("%s: repeated behind the death at store %d", reads, stores).isEqualTo(readBefore);
                repeated += expected - frame;
            } else if (i > 0) {
                assertThat(reads.get(i).sequence).as("%s: numbers, death at store %d", reads, stores)
                    .isGreaterThan(reads.get(i - 1).sequence);
            }
            expected = frame + 1;
        }
        missing += FRAMES + 1 - expected;
        assertThat(missing).as("%s: lost by the death at store %d", reads, stores).isBetween(0, mayMiss);
        assertThat(repeated).as("%s: read again after the death at store %d", reads, stores).isBetween(0, mayRepeat);
        assertThat(framesTaken).as("taken, death at store %d", stores).isEqualTo(FRAMES);
    }
}
