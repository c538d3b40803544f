// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;

/** Each check of docs/abi.md section 4.2, one lie at a time. */
class QuarantineTest {

    private static final int DATA = TwoRegions.PLACE.dataOffset();
    private static final int TAIL_OF_0 = OsRegionDescriptor.cursorsOffset(1) + CursorDescriptor.TAIL_OFFSET;
    private static final int HEAD_OF_1 = OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.HEAD_OFFSET;

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
    void misalignedTailIsRefused() {
        regions.bytes0.putLong(TAIL_OF_0, 44);
        assertConsumerStopsFor(QuarantineReason.TAIL_MISALIGNED);
    }

    @Test
    void tailThatGoesBackIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        TwoRegions.send(producer, 60, (byte) 1);
        TwoRegions.receive(consumer);
        regions.bytes0.putLong(TAIL_OF_0, 0);
        assertThat(consumer.askForWake()).isFalse();
        assertThat(consumerSide.reason()).isEqualTo(QuarantineReason.TAIL_BACKWARDS);
    }

    @Test
    void tailBeyondTheCapacityIsRefused() {
        regions.bytes0.putLong(TAIL_OF_0, TwoRegions.CAPACITY + 8);
        assertConsumerStopsFor(QuarantineReason.TAIL_BEYOND_CAPACITY);
    }

    @Test
    void roomThatIsNotReleasedIsNotTheProducersYet() {
        TwoRegions.send(producer, 60, (byte) 1);
        consumer.poll();
        consumer.advance();
        regions.bytes0.putLong(TAIL_OF_0, TwoRegions.CAPACITY + 8);
        assertConsumerStopsFor(QuarantineReason.TAIL_BEYOND_CAPACITY);
    }

    @Test
    void unknownTypeIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes0.putShort(DATA + RecordDescriptor.TYPE_OFFSET, (short) 4);
        assertConsumerStopsFor(QuarantineReason.TYPE_UNKNOWN);
    }

    @Test
    void emptyPayloadIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes0.putInt(DATA, 0);
        assertConsumerStopsFor(QuarantineReason.LENGTH_OUT_OF_BOUNDS);
    }

    @Test
    void payloadLongerThanAllowedIsRefused() {
        regions.bytes0.putLong(TAIL_OF_0, TwoRegions.CAPACITY);
        regions.bytes0.putLong(DATA, (long) RecordDescriptor.TYPE_MESSAGE << 32 | AbiDescriptor.MAX_PAYLOAD + 1);
        assertConsumerStopsFor(QuarantineReason.LENGTH_OUT_OF_BOUNDS);
    }

    @Test
    void negativeLengthIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes0.putInt(DATA, -8);
        assertConsumerStopsFor(QuarantineReason.LENGTH_OUT_OF_BOUNDS);
    }

    @Test
    void recordBeyondTheTailIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes0.putInt(DATA, 61 + 4);
        assertConsumerStopsFor(QuarantineReason.SPAN_BEYOND_TAIL);
    }

    @Test
    void recordAcrossTheRingsEndIsRefused() {
        producer.claimBytes(4096);
        for (int i = 1; i < TwoRegions.CAPACITY / 4096; i++) {
            producer.publishPadding(4096);
        }
        consumer.poll();
        consumer.release();
        producer.claimBytes(4096);
        producer.publishPadding(4096);
        producer.claimBytes(4096);
        producer.publishPadding(4096);
        regions.bytes0.putLong(DATA + TwoRegions.CAPACITY - 4096,
            (long) RecordDescriptor.TYPE_ETHERNET << 32 | 4097 - RecordDescriptor.PAYLOAD_OFFSET);
        assertConsumerStopsFor(QuarantineReason.SPAN_BEYOND_RING_END);
    }

    @Test
    void paddingOfNothingIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes0.putLong(DATA, (long) RecordDescriptor.TYPE_PADDING << 32);
        assertConsumerStopsFor(QuarantineReason.PADDING_MALFORMED);
    }

    @Test
    void paddingOfAnOddSpanIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes0.putLong(DATA, (long) RecordDescriptor.TYPE_PADDING << 32 | 12);
        assertConsumerStopsFor(QuarantineReason.PADDING_MALFORMED);
    }

    @Test
    void paddingBeyondTheTailIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes0.putLong(DATA, (long) RecordDescriptor.TYPE_PADDING << 32 | 104);
        assertConsumerStopsFor(QuarantineReason.SPAN_BEYOND_TAIL);
    }

    @Test
    void misalignedHeadIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes1.putLong(HEAD_OF_1, 3);
        assertProducerStopsFor(QuarantineReason.HEAD_MISALIGNED);
    }

    @Test
    void headAheadOfTheTailIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        regions.bytes1.putLong(HEAD_OF_1, 104);
        assertProducerStopsFor(QuarantineReason.HEAD_BEYOND_TAIL);
    }

    @Test
    void headThatGoesBackIsRefused() {
        TwoRegions.send(producer, 60, (byte) 1);
        TwoRegions.receive(consumer);
        producer.contiguous();
        regions.bytes1.putLong(HEAD_OF_1, 0);
        assertProducerStopsFor(QuarantineReason.HEAD_BACKWARDS);
    }

    @Test
    void ownCursorsThatCannotBeAreRefused() {
        final Quarantine quarantine = new Quarantine();
        regions.bytes0.putLong(TAIL_OF_0, 5);
        assertThat(regions.producer(quarantine).claim(60)).isEqualTo(RingProducer.FULL);
        assertThat(quarantine.reason()).isEqualTo(QuarantineReason.OWN_CURSORS_BROKEN);
        final Quarantine other = new Quarantine();
        regions.bytes1.putLong(HEAD_OF_1, 5);
        assertThat(regions.consumer(other).poll()).isEqualTo(RingConsumer.BROKEN);
        assertThat(other.reason()).isEqualTo(QuarantineReason.OWN_CURSORS_BROKEN);
    }

    @Test
    void quarantineOfOneRingStopsTheOther() {
        final Quarantine both = new Quarantine();
        final RingProducer to = regions.producer(both);
        final RingConsumer from = regions.consumer(both);
        TwoRegions.send(to, 60, (byte) 1);
        regions.bytes0.putLong(TAIL_OF_0, 44);
        assertThat(from.poll()).isEqualTo(RingConsumer.BROKEN);
        assertThat(to.claim(60)).isEqualTo(RingProducer.FULL);
        assertThat(to.needsDoorbell()).isFalse();
        assertThat(to.askForSpace()).isTrue();
    }

    @Test
    void onePollStepsOverABoundedRunOfPadding() {
        for (int i = 0; i < TwoRegions.CAPACITY / 8; i++) {
            regions.bytes0.putLong(DATA + 8 * i, (long) RecordDescriptor.TYPE_PADDING << 32 | 8);
        }
        regions.bytes0.putLong(TAIL_OF_0, TwoRegions.CAPACITY);
        assertThat(consumer.poll()).isEqualTo(RingConsumer.NONE);
        consumer.release();
        assertThat(regions.bytes1.getLong(HEAD_OF_1)).isEqualTo(8 * RingConsumer.MAX_PADDING_RUN);
        assertThat(consumer.askForWake()).as("there is more to look at").isTrue();
    }

    private void assertConsumerStopsFor(QuarantineReason reason) {
        assertThat(consumer.poll()).isEqualTo(RingConsumer.BROKEN);
        assertThat(consumerSide.reason()).isEqualTo(reason);
        final long head = regions.bytes1.getLong(HEAD_OF_1);
        consumer.advance();
        consumer.release();
        assertThat(regions.bytes1.getLong(HEAD_OF_1)).as("nothing is written any more").isEqualTo(head);
        assertThat(consumer.askForWake()).isFalse();
        assertThat(consumer.needsSpaceDoorbell()).isFalse();
        assertThat(consumer.poll()).isEqualTo(RingConsumer.BROKEN);
    }

    private void assertProducerStopsFor(QuarantineReason reason) {
        assertThat(producer.contiguous()).isNotNegative();
        assertThat(producerSide.reason()).isEqualTo(reason);
        assertThat(producer.claim(60)).isEqualTo(RingProducer.FULL);
        final long tail = regions.bytes0.getLong(TAIL_OF_0);
        producer.publish(RecordDescriptor.TYPE_ETHERNET, 60, 1);
        assertThat(regions.bytes0.getLong(TAIL_OF_0)).as("nothing is written any more").isEqualTo(tail);
    }
}
