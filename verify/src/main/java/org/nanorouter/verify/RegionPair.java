// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.verify;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.ring.Quarantine;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;

/**
 * The regions of OS 0, which produces, and OS 1, which consumes. Only the bytes exist that a test touches, for each of
 * millions of runs has a pair of its own: the ring believes in its full capacity, and tests stay within
 * {@link #DATA_LENGTH}.
 */
final class RegionPair {

    static final int CAPACITY = AbiDescriptor.MIN_RING_CAPACITY;
    static final int EPOCH_OF_0 = 1;
    static final int EPOCH_OF_1 = 2;
    static final int PAYLOAD_LENGTH = Long.BYTES;

    private static final int DATA_OFFSET = OsRegionDescriptor.cursorsOffset(2);
    private static final int DATA_LENGTH = 512;
    private static final int LENGTH = DATA_OFFSET + DATA_LENGTH;
    private static final RingPlace PLACE = new RingPlace(DATA_OFFSET, CAPACITY);

    private final ByteBuffer bytes0;
    private final ByteBuffer bytes1;
    private final Quarantine quarantineOf0 = new Quarantine();
    private final Quarantine quarantineOf1 = new Quarantine();
    final OsRegion region0;
    final OsRegion region1;

    RegionPair() {
        final ByteBuffer memory = ByteBuffer.allocateDirect(2 * LENGTH);
        bytes0 = memory.slice(0, LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        bytes1 = memory.slice(LENGTH, LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        region0 = OsRegion.over(bytes0, 0, 0, EPOCH_OF_0);
        region1 = OsRegion.over(bytes1, 0, 1, EPOCH_OF_1);
    }

    /** Both sides join. */
    RegionPair joined() {
        region0.adoptPeer(1, EPOCH_OF_1);
        region1.adoptPeer(0, EPOCH_OF_0);
        return this;
    }

    /** Publishes {@code tail} and {@code head}, as endpoints before these have. */
    RegionPair cursors(long tail, long head) {
        bytes0.putLong(OsRegionDescriptor.cursorsOffset(1) + CursorDescriptor.TAIL_OFFSET, tail);
        bytes1.putLong(OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.HEAD_OFFSET, head);
        return this;
    }

    /** Lays out a record with that payload at the ring's begin, and padding behind it to the ring's end. */
    RegionPair ringOfOneRecord(long payload) {
        final int span = RecordDescriptor.span(PAYLOAD_LENGTH);
        bytes0.putLong(DATA_OFFSET, (long) RecordDescriptor.TYPE_ETHERNET << Integer.SIZE | PAYLOAD_LENGTH);
        bytes0.putLong(DATA_OFFSET + RecordDescriptor.PAYLOAD_OFFSET, payload);
        bytes0.putLong(DATA_OFFSET + span, (long) RecordDescriptor.TYPE_PADDING << Integer.SIZE | CAPACITY - span);
        return this;
    }

    RingProducer producer() {
        return new RingProducer(region0, region1, PLACE, quarantineOf0);
    }

    RingConsumer consumer() {
        return new RingConsumer(region1, region0, PLACE, quarantineOf1);
    }

    /** Whether there was room. */
    static boolean send(RingProducer producer, long payload) {
        final int record = producer.claim(PAYLOAD_LENGTH);
        if (record == RingProducer.FULL) {
            return false;
        }
        producer.buffer().putLong(record + RecordDescriptor.PAYLOAD_OFFSET, payload);
        producer.publish(RecordDescriptor.TYPE_ETHERNET, PAYLOAD_LENGTH, 0);
        return true;
    }

    /** The payload of the polled record, or the answer of {@link RingConsumer#poll} if there is none. */
    static long look(RingConsumer consumer) {
        final int record = consumer.poll();
        return record < 0 ? record : consumer.buffer().getLong(record + RecordDescriptor.PAYLOAD_OFFSET);
    }
}
