// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayDeque;
import java.util.Queue;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;

class RingTest {

    private static final int DATA = TwoRegions.PLACE.dataOffset();
    private static final int CAPACITY = TwoRegions.CAPACITY;

    private final TwoRegions regions = new TwoRegions().joined();
    private final Quarantine producerSide = new Quarantine();
    private final Quarantine consumerSide = new Quarantine();
    private final RingProducer producer = regions.producer(producerSide);
    private final RingConsumer consumer = regions.consumer(consumerSide);

    @AfterEach
    void freeMemory() {
        regions.close();
    }

    @Test
    void recordArrivesWithItsHeaderAndBytes() {
        final int record = producer.claim(1500);
        producer.buffer().putLong(record + RecordDescriptor.VNET_HDR_OFFSET, 0x1122334455667788L);
        producer.buffer().putInt(record + RecordDescriptor.PAYLOAD_OFFSET, 0xCAFE);
        producer.publish(RecordDescriptor.TYPE_ETHERNET, 1234, 99);

        final int seen = consumer.poll();
        assertThat(seen).isEqualTo(DATA);
        assertThat(consumer.length()).isEqualTo(1234);
        assertThat(consumer.type()).isEqualTo(RecordDescriptor.TYPE_ETHERNET);
        assertThat(consumer.sequence()).isZero();
        assertThat(consumer.enqueuedAt()).isEqualTo(99);
        assertThat(consumer.buffer().getLong(seen + RecordDescriptor.VNET_HDR_OFFSET)).isEqualTo(0x1122334455667788L);
        assertThat(consumer.buffer().getInt(seen + RecordDescriptor.PAYLOAD_OFFSET)).isEqualTo(0xCAFE);
        assertThat(consumer.address()).isEqualTo(producer.address());
    }

    @Test
    void messageHasTheHeaderThatItsProducerWrote() {
        final int record = producer.claim(8);
        producer.buffer().putLong(record + RecordDescriptor.VNET_HDR_OFFSET, 7);
        producer.buffer().putInt(record + RecordDescriptor.VNET_HDR_OFFSET + Long.BYTES, 2);
        producer.publish(RecordDescriptor.TYPE_MESSAGE, 8, 1);
        final int seen = consumer.poll();
        assertThat(consumer.type()).isEqualTo(RecordDescriptor.TYPE_MESSAGE);
        assertThat(consumer.buffer().getLong(seen + RecordDescriptor.VNET_HDR_OFFSET)).isEqualTo(7);
        assertThat(consumer.buffer().getInt(seen + RecordDescriptor.VNET_HDR_OFFSET + Long.BYTES)).isEqualTo(2);
    }

    private void publishLater(int length) {
        assertThat(producer.claim(length)).isNotEqualTo(RingProducer.FULL);
        producer.publishLater(RecordDescriptor.TYPE_ETHERNET, length, 1);
    }

    /** How many records the consumer finds and steps over. */
    private int found() {
        int count = 0;
        while (consumer.poll() >= 0) {
            consumer.advance();
            count++;
        }
        return count;
    }

    @Test
    void whatIsPublishedLaterIsSeenWithTheDoorbellAtTheLatest() {
        consumer.askForWake();
        publishLater(60);
        publishLater(60);
        assertThat(found()).isZero();
        assertThat(producer.needsDoorbell()).isTrue();
        assertThat(found()).isEqualTo(2);
        assertThat(producer.needsDoorbell()).isFalse();
    }

    @Test
    void whatIsPublishedLaterIsSeenWithTheNextThatIsPublishedAndWhenItIsMuch() {
        publishLater(60);
        TwoRegions.send(producer, 60, (byte) 1);
        assertThat(found()).isEqualTo(2);
        publishLater(1500);
        assertThat(found()).as("a large one").isEqualTo(1);
        for (int i = 0; i < 11; i++) {
            publishLater(60);
        }
        assertThat(found()).as("hidden beyond a KiB").isEqualTo(11);
        publishLater(60);
        assertThat(found()).isZero();
        assertThat(producer.unconsumedRecords()).as("none is forgotten").isEqualTo(15);
        assertThat(found()).isEqualTo(1);
        assertThat(consumer.sequenceGaps()).isZero();
        assertThat(producer.records()).isEqualTo(15);
    }

    @Test
    void whoWaitsForSpaceHasShownWhatItPublished() {
        publishLater(60);
        producer.askForSpace();
        assertThat(found()).isEqualTo(1);
    }

    @Test
    void pollAnswersTheSameRecordUntilItIsSteppedOver() {
        TwoRegions.send(producer, 10, (byte) 1);
        TwoRegions.send(producer, 20, (byte) 2);
        assertThat(consumer.poll()).isEqualTo(consumer.poll());
        consumer.advance();
        consumer.advance();
        assertThat(consumer.poll()).isEqualTo(DATA + RecordDescriptor.span(10));
        assertThat(consumer.length()).isEqualTo(20);
    }

    @Test
    void emptyRingAnswersNone() {
        assertThat(consumer.poll()).isEqualTo(RingConsumer.NONE);
        TwoRegions.send(producer, 10, (byte) 1);
        assertThat(TwoRegions.receive(consumer)).isEqualTo(10);
        assertThat(consumer.poll()).isEqualTo(RingConsumer.NONE);
    }

    @Test
    void claimThatIsNotPublishedIsInvisibleAndItsRoomIsGivenAgain() {
        final int first = producer.claim(AbiDescriptor.MAX_PAYLOAD);
        assertThat(consumer.poll()).isEqualTo(RingConsumer.NONE);
        assertThat(producer.claim(1)).isEqualTo(first);
    }

    @Test
    void ringIsFullToItsLastByte() {
        final int length = 4096 - RecordDescriptor.PAYLOAD_OFFSET;
        for (int i = 0; i < CAPACITY / 4096; i++) {
            assertThat(TwoRegions.send(producer, length, (byte) i)).isTrue();
        }
        assertThat(producer.claim(1)).isEqualTo(RingProducer.FULL);
        assertThat(producer.timesFull()).isOne();
        assertThat(producer.usedBytes()).isEqualTo(CAPACITY);
        assertThat(TwoRegions.receive(consumer)).isEqualTo(length);
        assertThat(TwoRegions.send(producer, length, (byte) 0)).isTrue();
        assertThat(TwoRegions.send(producer, length, (byte) 0)).isFalse();
    }

    @Test
    void paddingRecordIsInsertedWhereTheRingWraps() {
        final int first = CAPACITY - 40 - RecordDescriptor.PAYLOAD_OFFSET;
        moveTo(first + RecordDescriptor.PAYLOAD_OFFSET);
        assertThat(producer.claim(64)).isEqualTo(DATA);
        producer.publish(RecordDescriptor.TYPE_ETHERNET, 64, 1);
        final int padding = DATA + CAPACITY - 40;
        assertThat(regions.bytes0.getInt(padding + RecordDescriptor.LENGTH_OFFSET)).isEqualTo(40);
        assertThat(regions.bytes0.getShort(padding + RecordDescriptor.TYPE_OFFSET))
            .isEqualTo((short) RecordDescriptor.TYPE_PADDING);
        assertThat(consumer.poll()).isEqualTo(DATA);
        assertThat(consumer.length()).isEqualTo(64);
    }

    @Test
    void paddingOfEightBytesFillsTheSmallestRest() {
        moveTo(CAPACITY - 8);
        assertThat(TwoRegions.send(producer, 1, (byte) 5)).isTrue();
        assertThat(consumer.poll()).isEqualTo(DATA);
    }

    @Test
    void claimGivenUpBehindAWrapLeavesAWholeRing() {
        moveTo(CAPACITY - 48);
        assertThat(producer.claim(1000)).isEqualTo(DATA);
        assertThat(consumer.poll()).isEqualTo(RingConsumer.NONE);
        assertThat(producer.claim(4)).isEqualTo(DATA);
        producer.publish(RecordDescriptor.TYPE_ETHERNET, 4, 1);
        assertThat(TwoRegions.receive(consumer)).isEqualTo(4);
    }

    @Test
    void emptyRingTakesTheLongestRecordAtEveryPosition() {
        for (int position = 0; position < CAPACITY; position += 5480) {
            final TwoRegions fresh = new TwoRegions().joined();
            final RingProducer to = fresh.producer(new Quarantine());
            final RingConsumer from = fresh.consumer(new Quarantine());
            moveTo(to, from, position / 8 * 8);
            assertThat(TwoRegions.send(to, AbiDescriptor.MAX_PAYLOAD, (byte) 1)).as("position %d", position).isTrue();
            assertThat(TwoRegions.receive(from)).isEqualTo(AbiDescriptor.MAX_PAYLOAD);
            fresh.close();
        }
    }

    @Test
    void laidOutRecordsArePublishedOrTakenBackInTheirOrder() {
        final int base = producer.claimBytes(RecordDescriptor.MAX_SPAN);
        assertThat(producer.contiguous()).isGreaterThanOrEqualTo(RecordDescriptor.MAX_SPAN);
        final int second = base + RecordDescriptor.span(100);
        final int third = second + RecordDescriptor.span(200);
        producer.buffer().put(base + RecordDescriptor.PAYLOAD_OFFSET, (byte) 1);
        producer.buffer().put(second + RecordDescriptor.PAYLOAD_OFFSET, (byte) 2);
        producer.buffer().put(third + RecordDescriptor.PAYLOAD_OFFSET, (byte) 3);
        producer.publish(RecordDescriptor.TYPE_ETHERNET, 100, 1);
        producer.publishPadding(RecordDescriptor.span(200));
        producer.publish(RecordDescriptor.TYPE_ETHERNET, 300, 1);

        assertThat(consumer.poll()).isEqualTo(base);
        consumer.advance();
        assertThat(consumer.poll()).isEqualTo(third);
        assertThat(consumer.buffer().get(third + RecordDescriptor.PAYLOAD_OFFSET)).isEqualTo((byte) 3);
        assertThat(consumer.sequence()).isOne();
        assertThat(consumer.sequenceGaps()).isZero();
    }

    @Test
    void publishingMoreThanWasClaimedIsRefused() {
        while (TwoRegions.send(producer, 4096 - RecordDescriptor.PAYLOAD_OFFSET, (byte) 0)) {
            assertThat(producer.usedBytes()).isLessThanOrEqualTo(CAPACITY);
        }
        assertThatThrownBy(() -> producer.publish(RecordDescriptor.TYPE_ETHERNET, 1, 1))
            .isInstanceOf(IllegalStateException.class).hasMessageContaining("span=");
    }

    @Test
    void recordsStayInPlaceUntilReleased() {
        TwoRegions.send(producer, 60, (byte) 1);
        consumer.poll();
        consumer.advance();
        final int block = OsRegionDescriptor.cursorsOffset(0);
        assertThat(regions.bytes1.getLong(block + CursorDescriptor.HEAD_OFFSET)).isZero();
        consumer.release();
        assertThat(regions.bytes1.getLong(block + CursorDescriptor.HEAD_OFFSET))
            .isEqualTo(RecordDescriptor.span(60));
    }

    @Test
    void sequenceGapIsCountedAndNotRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes0.putLong(DATA + RecordDescriptor.span(60) + RecordDescriptor.SEQUENCE_OFFSET, 17);
        TwoRegions.receive(consumer);
        assertThat(TwoRegions.receive(consumer)).isEqualTo(60);
        assertThat(consumer.sequenceGaps()).isOne();
        assertThat(consumerSide.stopped()).isFalse();
    }

    @Test
    void restartedProducerGoesOnFromItsCursors() {
        moveTo(CAPACITY - 400);
        TwoRegions.send(producer, 60, (byte) 1);
        final RingProducer successor = regions.producer(new Quarantine());
        assertThat(TwoRegions.send(successor, 61, (byte) 2)).isTrue();
        assertThat(TwoRegions.receive(consumer)).isEqualTo(60);
        assertThat(TwoRegions.receive(consumer)).isEqualTo(61);
        assertThat(consumer.sequenceGaps()).isZero();
    }

    @Test
    void restartedConsumerGetsEverythingThatWasNotReleased() {
        TwoRegions.send(producer, 60, (byte) 1);
        TwoRegions.send(producer, 61, (byte) 1);
        TwoRegions.receive(consumer);
        consumer.poll();
        consumer.advance();
        final RingConsumer successor = regions.consumer(new Quarantine());
        assertThat(TwoRegions.receive(successor)).isEqualTo(61);
        assertThat(successor.sequenceGaps()).isZero();
    }

    @Test
    void recordsOfTheOldIncarnationDoNotReachTheNewOne() {
        TwoRegions.send(producer, 60, (byte) 1);
        // OS 1 restarts: zeroed memory, next epoch; OS 0 has not heard of it yet.
        try (TwoRegions next = new TwoRegions()) {
            final OsRegion reborn = OsRegion.over(
                next.bytes1, next.region1.address(), 1, TwoRegions.EPOCH_OF_1 + 1);
            reborn.adoptPeer(0, TwoRegions.EPOCH_OF_0);
            final Quarantine quarantine = new Quarantine();
            final RingConsumer successor =
                new RingConsumer(reborn, regions.region0SeenBy1, TwoRegions.PLACE, quarantine);
            assertThat(successor.poll()).isEqualTo(RingConsumer.NONE);

            assertThat(regions.region0.adoptPeer(1, TwoRegions.EPOCH_OF_1 + 1)).isFalse();
            final RingProducer anew = new RingProducer(regions.region0, reborn, TwoRegions.PLACE, new Quarantine());
            TwoRegions.send(anew, 61, (byte) 2);
            assertThat(TwoRegions.receive(successor)).isEqualTo(61);
            assertThat(successor.poll()).isEqualTo(RingConsumer.NONE);
            assertThat(quarantine.stopped()).isFalse();
        }
    }

    @Test
    void whatNobodyConsumedIsCounted() {
        moveTo(CAPACITY - 104);
        TwoRegions.send(producer, 40, (byte) 1);
        TwoRegions.send(producer, 2000, (byte) 1);
        producer.claimBytes(500);
        producer.publishPadding(104);
        TwoRegions.send(producer, 3000, (byte) 1);
        assertThat(producer.unconsumedRecords()).isEqualTo(3);
        assertThat(consumer.unreadRecords()).isEqualTo(3);
        TwoRegions.receive(consumer);
        assertThat(producer.unconsumedRecords()).isEqualTo(2);
        assertThat(consumer.unreadRecords()).isEqualTo(2);
    }

    @Test
    void everyRecordOfALongRandomRunArrivesInOrder() {
        final long seed = System.nanoTime();
        System.out.println("RingTest seed=" + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        final Queue<Integer> inFlight = new ArrayDeque<>();
        long sent = 0;
        long received = 0;
        while (received < 200_000) {
            if (random.nextBoolean()) {
                final int length = random.nextInt(64) == 0
                    ? 1 + random.nextInt(AbiDescriptor.MAX_PAYLOAD) : 1 + random.nextInt(300);
                final int record = producer.claim(length);
                if (record != RingProducer.FULL) {
                    producer.buffer().put(record + RecordDescriptor.PAYLOAD_OFFSET, (byte) sent);
                    producer.buffer().put(record + RecordDescriptor.PAYLOAD_OFFSET + length - 1, (byte) sent);
                    producer.publish(RecordDescriptor.TYPE_ETHERNET, length, sent);
                    inFlight.add(length);
                    sent++;
                }
            } else {
                final int record = consumer.poll();
                if (inFlight.isEmpty()) {
                    assertThat(record).isEqualTo(RingConsumer.NONE);
                } else {
                    assertThat(consumer.length()).isEqualTo(inFlight.remove());
                    assertThat(consumer.enqueuedAt()).isEqualTo(received);
                    final int last = record + RecordDescriptor.PAYLOAD_OFFSET + consumer.length() - 1;
                    assertThat(consumer.buffer().get(last)).isEqualTo((byte) received);
                    consumer.advance();
                    if (random.nextInt(8) == 0) {
                        consumer.release();
                    }
                    received++;
                }
            }
            if (inFlight.isEmpty()) {
                consumer.release();
            }
        }
        assertThat(consumer.sequenceGaps()).isZero();
    }

    private void moveTo(int position) {
        moveTo(producer, consumer, position);
    }

    /** Sends and receives until both cursors are at {@code position}, a multiple of 8 behind the current one. */
    private static void moveTo(RingProducer to, RingConsumer from, int position) {
        int left = position;
        while (left > 0) {
            int span = Math.min(left, 4096);
            if (left - span > 0 && left - span < 40) {
                span -= 40;
            }
            assertThat(to.claimBytes(span)).isNotNegative();
            to.publishPadding(span);
            left -= span;
        }
        assertThat(from.poll()).isEqualTo(RingConsumer.NONE);
        from.release();
    }
}
