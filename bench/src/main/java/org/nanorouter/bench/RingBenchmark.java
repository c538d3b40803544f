// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.concurrent.TimeUnit;
import org.agrona.concurrent.MessageHandler;
import org.agrona.concurrent.UnsafeBuffer;
import org.agrona.concurrent.ringbuffer.OneToOneRingBuffer;
import org.agrona.concurrent.ringbuffer.RingBufferDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.ring.Quarantine;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.openjdk.jmh.annotations.AuxCounters;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Group;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import org.openjdk.jmh.infra.Blackhole;

/**
 * The ring beside Agrona's OneToOneRingBuffer: one thread copies payloads in, another looks at each; both in batches,
 * as a port does. The figure to read is {@code records}, what the consumer took.
 *
 * <p>The work differs in this: our consumer checks everything that its peer wrote, and each batch of ours ends with the
 * look whether the other side wants a doorbell, a full fence; Agrona's trusts its one memory, calls a handler for each
 * record and zeroes what it consumed. Who finds a ring full or empty yields, so that the figures mean something on a
 * machine with fewer free cores than two.
 */
@BenchmarkMode(Mode.Throughput)
@OutputTimeUnit(TimeUnit.SECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(value = 1, jvmArgsAppend = "--add-opens=java.base/jdk.internal.misc=ALL-UNNAMED")
public class RingBenchmark {

    private static final int CAPACITY = 1 << 20;
    private static final int BATCH = 64;
    private static final int TYPE = 7;

    /** Counts what arrived. */
    @State(Scope.Thread)
    @AuxCounters(AuxCounters.Type.OPERATIONS)
    public static class Arrived {

        /** Records that the consumer took. */
        public long records;
    }

    /** Both ends of one of our rings, in two regions. */
    @State(Scope.Group)
    public static class Nanorouter {

        @Param({"64", "1500"})
        int payload;

        private final ByteBuffer source = ByteBuffer.allocateDirect(2048);
        private RingProducer producer;
        private RingConsumer consumer;

        /** Lays out the regions of OS 0 and OS 1. */
        @Setup
        public void open() {
            final OsRegion region0 = OsRegion.over(memory(OsRegionDescriptor.regionLength(1, CAPACITY)), 0, 0, 1);
            final OsRegion region1 = OsRegion.over(memory(OsRegionDescriptor.regionLength(1, CAPACITY)), 0, 1, 1);
            region0.adoptPeer(1, 1);
            region1.adoptPeer(0, 1);
            final RingPlace place = new RingPlace(OsRegionDescriptor.RINGS_OFFSET, CAPACITY);
            producer = new RingProducer(region0, region1, place, new Quarantine());
            consumer = new RingConsumer(region1, region0, place, new Quarantine());
        }
    }

    /** One of Agrona's rings. */
    @State(Scope.Group)
    public static class Agrona {

        @Param({"64", "1500"})
        int payload;

        private final UnsafeBuffer source = new UnsafeBuffer(ByteBuffer.allocateDirect(2048));
        private OneToOneRingBuffer ring;

        /** Lays out the buffer. */
        @Setup
        public void open() {
            ring = new OneToOneRingBuffer(new UnsafeBuffer(memory(CAPACITY + RingBufferDescriptor.TRAILER_LENGTH)));
        }
    }

    /** Agrona's consumer wants a handler; made once. */
    @State(Scope.Thread)
    public static class Handler {

        private long sum;
        private final MessageHandler handler = (type, buffer, index, length) -> sum += buffer.getLong(index) + length;
    }

    private static ByteBuffer memory(int length) {
        return ByteBuffer.allocateDirect(length + 8192).alignedSlice(4096).slice(0, length)
            .order(ByteOrder.LITTLE_ENDIAN);
    }

    /** Publishes a batch as far as there is room. */
    @Benchmark
    @Group("nanorouter")
    public boolean nanorouterProduce(Nanorouter state) {
        final RingProducer producer = state.producer;
        for (int i = 0; i < BATCH; i++) {
            final int record = producer.claim(state.payload);
            if (record == RingProducer.FULL) {
                Thread.yield();
                break;
            }
            producer.buffer().put(record + RecordDescriptor.PAYLOAD_OFFSET, state.source, 0, state.payload);
            producer.publishLater(RecordDescriptor.TYPE_ETHERNET, state.payload, i);
        }
        return producer.needsDoorbell();
    }

    /** Takes a batch as far as there is one. */
    @Benchmark
    @Group("nanorouter")
    public boolean nanorouterConsume(Nanorouter state, Arrived arrived, Blackhole blackhole) {
        final RingConsumer consumer = state.consumer;
        for (int i = 0; i < BATCH; i++) {
            final int record = consumer.poll();
            if (record < 0) {
                Thread.yield();
                break;
            }
            blackhole.consume(
                consumer.buffer().getLong(record + RecordDescriptor.PAYLOAD_OFFSET) + consumer.length());
            consumer.advance();
            arrived.records++;
        }
        consumer.release();
        return consumer.needsSpaceDoorbell();
    }

    /** Writes a batch as far as there is room. */
    @Benchmark
    @Group("agrona")
    public int agronaProduce(Agrona state) {
        int written = 0;
        while (written < BATCH && state.ring.write(TYPE, state.source, 0, state.payload)) {
            written++;
        }
        if (written < BATCH) {
            Thread.yield();
        }
        return written;
    }

    /** Reads a batch as far as there is one. */
    @Benchmark
    @Group("agrona")
    public long agronaConsume(Agrona state, Arrived arrived, Handler handler) {
        final int read = state.ring.read(handler.handler, BATCH);
        if (read < BATCH) {
            Thread.yield();
        }
        arrived.records += read;
        return handler.sum;
    }
}
