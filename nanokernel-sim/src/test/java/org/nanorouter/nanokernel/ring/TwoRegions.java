// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import java.nio.ByteBuffer;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.shim.NativeBuffer;

/**
 * The regions of two OSes, 0 and 1, in private memory, each between two inaccessible pages: one access outside ends the
 * test's JVM. Each has one ring to the other; the tests write what they like.
 */
final class TwoRegions implements AutoCloseable {

    static final int CAPACITY = AbiDescriptor.MIN_RING_CAPACITY;
    static final int LENGTH = OsRegionDescriptor.regionLength(1, CAPACITY);
    static final int EPOCH_OF_0 = 7;
    static final int EPOCH_OF_1 = 3;
    static final RingPlace PLACE = new RingPlace(OsRegionDescriptor.ringDataOffset(0, CAPACITY), CAPACITY);

    private final NativeBuffer memory0 = NativeBuffer.allocateGuarded(LENGTH);
    private final NativeBuffer memory1 = NativeBuffer.allocateGuarded(LENGTH);
    final ByteBuffer bytes0 = memory0.buffer();
    final ByteBuffer bytes1 = memory1.buffer();
    final OsRegion region0 = OsRegion.over(bytes0, memory0.address(), 0, EPOCH_OF_0);
    final OsRegion region1 = OsRegion.over(bytes1, memory1.address(), 1, EPOCH_OF_1);

    /** What OS 1 sees of region 0, and OS 0 of region 1: read-only. */
    final OsRegion region0SeenBy1 = OsRegion.over(readOnly(bytes0), memory0.address(), 0, EPOCH_OF_0);
    final OsRegion region1SeenBy0 = OsRegion.over(readOnly(bytes1), memory1.address(), 1, EPOCH_OF_1);

    private static ByteBuffer readOnly(ByteBuffer bytes) {
        return bytes.asReadOnlyBuffer().order(bytes.order());
    }

    /** Both sides join, as channels do when they open. */
    TwoRegions joined() {
        region0.adoptPeer(1, EPOCH_OF_1);
        region1.adoptPeer(0, EPOCH_OF_0);
        return this;
    }

    RingProducer producer(Quarantine quarantine) {
        return new RingProducer(region0, region1SeenBy0, PLACE, quarantine);
    }

    RingConsumer consumer(Quarantine quarantine) {
        return new RingConsumer(region1, region0SeenBy1, PLACE, quarantine);
    }

    /** Writes one record whose payload bytes all are {@code fill}. */
    static boolean send(RingProducer producer, int length, byte fill) {
        final int record = producer.claim(length);
        if (record == RingProducer.FULL) {
            return false;
        }
        for (int i = 0; i < length; i++) {
            producer.buffer().put(record + RecordDescriptor.PAYLOAD_OFFSET + i, fill);
        }
        producer.publish(RecordDescriptor.TYPE_ETHERNET, length, 1);
        return true;
    }

    /** Takes one record, gives it back, and answers its length; -1 if there is none. */
    static int receive(RingConsumer consumer) {
        if (consumer.poll() < 0) {
            return -1;
        }
        final int length = consumer.length();
        consumer.advance();
        consumer.release();
        return length;
    }

    @Override
    public void close() {
        memory0.close();
        memory1.close();
    }
}
