// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.shim.Filter;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.NativeBuffer;

/** The router's end of a capture, with batches as the engine gives them. */
class CaptureTest {
    private static final int CAPACITY = 256 << 10;
    private static final int UDP_LENGTH = 60;
    private static final long CAME = 1_000_000;
    private static final int SENT_NS = 700;

    private final NativeBuffer memory = NativeBuffer.allocate(1 << 20);
    private final FilterScratch scratch = new FilterScratch();
    private final FrameBatch batch = new FrameBatch();
    private CaptureRing reader;
    private MappedMemory readersRegion;
    private RingConsumer consumer;
    private Capture capture;
    private int sample = 1;
    private final CopyBudget budget = new CopyBudget(new SchedStat());

    @AfterEach
    void close() {
        batch.end();
        if (capture != null) {
            capture.close();
            reader.close();
            readersRegion.close();
        }
        scratch.close();
        memory.close();
    }

    private void begin(Direction direction, String filter, int snapLength) throws IOException {
        CaptureRequest request = new CaptureRequest(List.of(), direction,
            filter.isEmpty() ? new byte[0] : Filter.compile(filter), snapLength, CAPACITY, false, sample);
        CaptureRing.Made made = CaptureRing.make(CAPACITY);
        capture = new Capture(request, made.ring());
        int[] descriptors = made.handout().descriptors();
        readersRegion = MemoryObject.map(descriptors[1], OsRegionDescriptor.RINGS_OFFSET, true, 0);
        reader = CaptureRing.open(descriptors, CAPACITY);
        consumer = reader.consumer();
        TwoPorts.announceTo(capture);
        skipNotes();
    }

    private void skipNotes() {
        while (consumer.poll() >= 0 && consumer.type() == RecordDescriptor.TYPE_MESSAGE) {
            consumer.advance();
        }
        consumer.release();
    }

    /** A batch of UDP datagrams, to port 7 and 8 in turn; the last byte of each is its place. */
    private void datagrams(int count, int length) {
        batch.begin(memory.buffer(), memory.address());
        ByteBuffer bytes = memory.buffer();
        int record = 0;
        for (int i = 0; i < count; i++) {
            int at = record + FrameBatch.VNET_HDR_LENGTH;
            for (int k = 0; k < FrameBatch.VNET_HDR_LENGTH + length; k++) {
                bytes.put(record + k, (byte) 0);
            }
            ByteBuffer frame = bytes.duplicate().order(ByteOrder.BIG_ENDIAN);
            frame.putShort(at + 12, (short) 0x0800).put(at + 14, (byte) 0x45).put(at + 23, (byte) 17)
                .putShort(at + 36, (short) (7 + i % 2)).put(at + length - 1, (byte) i);
            batch.add(record, length);
            record += FrameBatch.VNET_HDR_LENGTH + length;
        }
    }

    private void capture(int firstId) {
        capture.batch(batch, TwoPorts.FIRST, CAME, SENT_NS, firstId, scratch, budget);
    }

    private CapturedFrame next() {
        int record = consumer.poll();
        if (record < 0) {
            return null;
        }
        CapturedFrame frame = new CapturedFrame();
        frame.aim(consumer.buffer(), record, consumer.length());
        consumer.advance();
        return frame;
    }

    @Test
    void whatTheBudgetDoesNotAllowIsCountedAsDropped() throws IOException {
        begin(Direction.INOUT, "", FrameBatch.MAX_FRAME);
        budget.at(CAME);
        budget.took((int) CopyBudget.FULL);
        datagrams(2, UDP_LENGTH);
        batch.delivered(0, TwoPorts.counters());
        capture(0);
        assertThat(capture.counts()).containsEntry("captured", 0L).containsEntry("dropped", 2L);
        assertThat(next()).isNull();
    }

    @Test
    void aFrameIsCapturedWithItsWay() throws IOException {
        begin(Direction.INOUT, "", FrameBatch.MAX_FRAME);
        datagrams(2, UDP_LENGTH);
        batch.lay(4096, 77, CAME - 250);
        batch.delivered(0, TwoPorts.counters());
        batch.enqueued(0, TwoPorts.counters(), 8192, 99);
        batch.dropped(1, Drop.NO_PORT);
        capture(5);
        CapturedFrame sent = next();
        assertThat(sent.id()).isEqualTo(5);
        assertThat(sent.time()).isEqualTo(CAME);
        assertThat(sent.port()).isEqualTo(TwoPorts.FIRST);
        assertThat(sent.egresses()).isEqualTo(1L << TwoPorts.SECOND);
        assertThat(sent.drop()).isNull();
        assertThat(sent.routerNs()).isEqualTo(SENT_NS);
        assertThat(sent.nextSequence()).isEqualTo(99);
        assertThat(sent.nextPosition()).isEqualTo(8192);
        assertThat(sent.nextPort()).isEqualTo(TwoPorts.SECOND);
        CapturedFrame dropped = next();
        assertThat(dropped.id()).isEqualTo(6);
        assertThat(dropped.drop()).isEqualTo(Drop.NO_PORT);
        assertThat(dropped.queuedNs()).isEqualTo(250);
        assertThat(dropped.sequence()).isEqualTo(77);
        assertThat(dropped.position()).isEqualTo(4096);
        assertThat(dropped.capturedLength()).isEqualTo(UDP_LENGTH);
        assertThat(dropped.memory().get(dropped.frameOffset() + UDP_LENGTH - 1)).isEqualTo((byte) 1);
        assertThat(next()).isNull();
    }

    @Test
    void aFilterChoosesWithinABatch() throws IOException {
        begin(Direction.IN, "udp dst port 8", FrameBatch.MAX_FRAME);
        datagrams(6, UDP_LENGTH);
        capture(0);
        for (long id : new long[] {1, 3, 5}) {
            assertThat(next().id()).isEqualTo(id);
        }
        assertThat(next()).isNull();
    }

    @Test
    void oneOfSoManyIsCapturedAcrossBatches() throws IOException {
        sample = 7;
        begin(Direction.IN, "", FrameBatch.MAX_FRAME);
        for (int i = 0; i < 10; i++) {
            datagrams(3, UDP_LENGTH);
            capture(3 * i);
        }
        for (long id : new long[] {0, 7, 14, 21, 28}) {
            assertThat(next().id()).isEqualTo(id);
        }
        assertThat(next()).isNull();
    }

    @Test
    void droppedFramesAloneAreShownToWhoAsksForThem() throws IOException {
        begin(Direction.DROP, "", FrameBatch.MAX_FRAME);
        datagrams(2, UDP_LENGTH);
        batch.delivered(0, TwoPorts.counters());
        batch.dropped(1, Drop.RING_FULL);
        capture(0);
        assertThat(next().drop()).isEqualTo(Drop.RING_FULL);
        assertThat(next()).isNull();
    }

    @Test
    void aLongFrameIsCutOffAndSaysHowLongItWas() throws IOException {
        begin(Direction.IN, "", 40);
        datagrams(1, 1000);
        capture(0);
        CapturedFrame frame = next();
        assertThat(frame.capturedLength()).isEqualTo(40);
        assertThat(frame.length()).isEqualTo(1000);
    }

    @Test
    void theLongestPacketOfEthernetIsNotCutOff() throws IOException {
        begin(Direction.IN, "", FrameBatch.MAX_FRAME);
        int longest = 65_535 + 14;
        datagrams(1, longest);
        capture(0);
        assertThat(next().capturedLength()).isEqualTo(longest);
    }

    @Test
    void whatFindsNoRoomIsCountedAndToldBeforeWhatComesBehindIt() throws IOException {
        begin(Direction.IN, "", FrameBatch.MAX_FRAME);
        for (int i = 0; i < 5; i++) {
            datagrams(10, 8000);
            capture(10 * i);
        }
        long frames = 0;
        long told = 0;
        for (CapturedFrame found = next(); found != null; found = next()) {
            if (found.flags() == CapturedFrameDescriptor.LOST) {
                told = found.id();
            } else {
                assertThat(found.id()).as("behind what was told").isEqualTo(frames + told);
                frames++;
            }
        }
        consumer.release();
        datagrams(1, 8000);
        capture(50);
        assertThat(frames).as("a ring of 256 KiB").isBetween(25L, 32L);
        CapturedFrame note = next();
        assertThat(note.flags()).isEqualTo(CapturedFrameDescriptor.LOST);
        assertThat(note.id()).isEqualTo(50 - frames);
        assertThat(next().id()).isEqualTo(50);
        assertThat(capture.counts()).containsEntry("captured", frames + 1).containsEntry("dropped", 50 - frames);
    }

    @Test
    void aReaderThatLiesLosesItsCaptureAndNothingElse() throws IOException {
        begin(Direction.IN, "", FrameBatch.MAX_FRAME);
        readersRegion.buffer().putLong(OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.HEAD_OFFSET, 1L << 40);
        for (int i = 0; i < 5; i++) {
            datagrams(10, 8000);
            capture(10 * i);
        }
        assertThat((long) capture.counts().get("dropped")).isPositive();
    }

    @Test
    void capturingAllocatesNothing() throws IOException {
        begin(Direction.INOUT, "udp", 64);
        datagrams(32, UDP_LENGTH);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        run(20_000);
        long before = threads.getCurrentThreadAllocatedBytes();
        run(20_000);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(100_000);
    }

    private void run(int batches) {
        for (int i = 0; i < batches; i++) {
            capture(32 * i);
            while (consumer.poll() >= 0) {
                consumer.advance();
            }
            consumer.release();
        }
    }

    @Test
    void aProgramThatMightNotEndOrEndsTheRouterIsRefused() {
        ByteBuffer loop = ByteBuffer.allocate(2 * Filter.INSTRUCTION_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        // BPF_JMP | BPF_JA to the instruction before the next, and a return.
        loop.putInt(0x05).putInt(-1).putInt(0x06).putInt(0);
        assertRefused(loop.array());
        assertRefused(new byte[] {1, 2, 3});
        // BPF_RET | BPF_X, which libpcap's check takes and its interpreter aborts at, and a return.
        assertRefused(ByteBuffer.allocate(2 * Filter.INSTRUCTION_LENGTH).order(ByteOrder.LITTLE_ENDIAN)
            .putInt(0x0e).putInt(0).putInt(0x06).putInt(0).array());
        assertRefused(new byte[Filter.INSTRUCTION_LENGTH]);
    }

    private static void assertRefused(byte[] program) {
        assertThatThrownBy(() -> {
            CaptureRing.Made made = CaptureRing.make(CAPACITY);
            made.handout().close();
            try (CaptureRing ring = made.ring()) {
                new Capture(new CaptureRequest(List.of(), Direction.IN, program, 64, CAPACITY, false, 1), ring);
            }
        }).isInstanceOf(IOException.class).hasMessageContaining("no program that may be run");
    }

    @Test
    void thereAreNoMoreThanEightCapturesAtATime() throws IOException {
        Engine engine = new Engine(new Bridge(new Fdb(64, 64, 300_000, Engine.MAX_PORTS, 42), Engine.MAX_PORTS),
            ByteBuffer.allocateDirect(Engine.SCRATCH_LENGTH).order(ByteOrder.LITTLE_ENDIAN), 0, System::nanoTime);
        begin(Direction.IN, "", 64);
        Captures captures = new Captures(engine);
        for (int i = 0; i < Captures.MAX; i++) {
            assertThat(captures.add(capture)).isEmpty();
        }
        assertThat(captures.add(capture)).contains("8 captures already");
        captures.close();
    }
}
