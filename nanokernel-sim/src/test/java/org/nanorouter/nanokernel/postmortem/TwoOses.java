// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.postmortem;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.ring.Quarantine;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.shim.NativeBuffer;

/**
 * A ring from OS 0 to OS 1, in memory between inaccessible pages: one access outside ends the test's JVM. The payload
 * of record n is random bytes that follow from n, so that it can be told from every other one.
 */
final class TwoOses implements AutoCloseable {
    static final int CAPACITY = 2 * AbiDescriptor.MIN_RING_CAPACITY;
    static final long BEGIN = 1_000;
    static final long END = 1_000_000_000;
    static final RingPlace PLACE = new RingPlace(OsRegionDescriptor.ringDataOffset(0, CAPACITY), CAPACITY);
    static final RingImage.Subject SUBJECT = new RingImage.Subject("guest", "host", BEGIN, END);

    private static final int LENGTH = OsRegionDescriptor.regionLength(1, CAPACITY);
    private static final int EPOCH_OF_0 = 7;
    private static final int EPOCH_OF_1 = 3;

    private final NativeBuffer memory0 = NativeBuffer.allocateGuarded(LENGTH);
    private final NativeBuffer memory1 = NativeBuffer.allocateGuarded(LENGTH);
    final ByteBuffer bytes0 = memory0.buffer();
    final ByteBuffer bytes1 = memory1.buffer();
    final OsRegion region0 = OsRegion.over(bytes0, memory0.address(), 0, EPOCH_OF_0);
    final OsRegion region1 = OsRegion.over(bytes1, memory1.address(), 1, EPOCH_OF_1);
    final RingProducer producer;
    final RingConsumer consumer;
    /** Records published so far. */
    long sent;
    /** Where each of them begins, counted as positions are. */
    final List<Long> positions = new ArrayList<>();

    TwoOses() {
        region0.adoptPeer(1, EPOCH_OF_1);
        region1.adoptPeer(0, EPOCH_OF_0);
        producer = new RingProducer(region0, region1, PLACE, new Quarantine());
        consumer = new RingConsumer(region1, region0, PLACE, new Quarantine());
    }

    static byte[] payload(long sequence, int length) {
        byte[] bytes = new byte[length];
        new SplittableRandom(sequence).nextBytes(bytes);
        return bytes;
    }

    /** Sends one record; false if there is no room. */
    boolean send(byte[] payload) {
        int record = producer.claim(payload.length);
        if (record == RingProducer.FULL) {
            return false;
        }
        producer.buffer().put(record + RecordDescriptor.PAYLOAD_OFFSET, payload);
        producer.publish(RecordDescriptor.TYPE_ETHERNET, payload.length, BEGIN + sent);
        sent++;
        positions.add(bytes0.getLong(OsRegionDescriptor.cursorsOffset(1) + CursorDescriptor.TAIL_OFFSET)
                - RecordDescriptor.span(payload.length));
        return true;
    }

    boolean send(int length) {
        return send(payload(sent, length));
    }

    /** Takes at most so many records out. */
    void receive(int count) {
        for (int i = 0; i < count && consumer.poll() >= 0; i++) {
            consumer.advance();
        }
        consumer.release();
    }

    RingImage image() {
        return image(CAPACITY);
    }

    RingImage image(int limit) {
        return RingImage.take(SUBJECT, region0, region1, PLACE, room(limit));
    }

    static ByteBuffer room(int length) {
        return ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Override
    public void close() {
        memory0.close();
        memory1.close();
    }
}
