// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;
import org.nanorouter.router.port.channel.ChannelPort;
import org.nanorouter.router.port.channel.TwoOses;

/** Two routers in one process: device, engine, ring, engine, device, in both directions. */
class EngineAllocationTest {
    private static final int ROUNDS = 200_000;
    private static final int WARM_UP = 20_000;
    private static final int CAPACITY = 1 << 20;

    @Test
    void framesInSteadyStateAllocateNothing() throws IOException {
        try (TwoOses oses = new TwoOses(CAPACITY)) {
            Device device0 = new Device(1, 2);
            Device device1 = new Device(2, 1);
            Engine engine0 = engine(device0, new ChannelPort("to1", oses.from0, OnFull.WAIT));
            Engine engine1 = engine(device1, new ChannelPort("to0", oses.from1, OnFull.WAIT));
            ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
            run(engine0, device0, engine1, device1, WARM_UP);
            long before = threads.getCurrentThreadAllocatedBytes();
            long framesBefore = device1.counters.get(PortCounter.SENT_FRAMES);
            run(engine0, device0, engine1, device1, ROUNDS);
            long allocated = threads.getCurrentThreadAllocatedBytes() - before;
            long frames = device1.counters.get(PortCounter.SENT_FRAMES) - framesBefore;
            assertThat(frames).isGreaterThanOrEqualTo(ROUNDS);
            // The measuring itself and a late compilation may cost something; a single object per frame would cost
            // megabytes.
            assertThat(allocated).as("bytes for " + frames + " frames each way").isLessThan(100_000);
            assertThat(device0.counters.get(PortCounter.LANDED_FRAMES)).isPositive();
            assertThat(device0.counters.drops()).isZero();
        }
    }

    private static Engine engine(Port... ports) {
        Engine engine = new Engine(
            new Bridge(new Fdb(1024, 1024, 300_000, Engine.MAX_PORTS, 42), Engine.MAX_PORTS),
            ByteBuffer.allocateDirect(Engine.SCRATCH_LENGTH).order(ByteOrder.LITTLE_ENDIAN), 0, System::nanoTime);
        for (Port port : ports) {
            engine.add(port);
        }
        return engine;
    }

    private static void run(Engine engine0, Device device0, Engine engine1, Device device1, int rounds) {
        for (int i = 0; i < rounds; i++) {
            device0.waiting = 1 + i % 7;
            device1.waiting = 1 + i % 3;
            engine0.markReady(0);
            engine1.markReady(0);
            engine0.pump();
            engine1.pump();
        }
    }

    /** A device with a fixed frame, which counts what comes. */
    private static final class Device implements Port {
        private final PortCounters counters = new PortCounters();
        private final int[] sent = new int[FrameBatch.MAX_FRAMES];
        private final byte[] frame;
        private int sentCount;
        private int waiting;

        Device(int own, int other) {
            frame = FakePort.frame(other, own, 1400);
        }

        @Override
        public String name() {
            return "device";
        }

        @Override
        public PortKind kind() {
            return PortKind.TAP;
        }

        @Override
        public PortState state() {
            return PortState.UP;
        }

        @Override
        public PortCounters counters() {
            return counters;
        }

        @Override
        public boolean readsIntoSpace() {
            return true;
        }

        @Override
        public int receive(FrameBatch batch, Space space, long now) {
            if (waiting == 0) {
                return 0;
            }
            batch.begin(space);
            int record = space.offset();
            for (; waiting > 0; waiting--) {
                int header = record + Space.HEADER_GAP;
                space.memory().putLong(header, 0).putInt(header + Long.BYTES, 0);
                space.memory().put(header + FrameBatch.VNET_HDR_LENGTH, frame);
                batch.add(header, frame.length);
                record += Space.span(frame.length);
            }
            return batch.count();
        }

        @Override
        public void send(FrameBatch batch, int index, long now) {
            sent[sentCount++] = index;
        }

        @Override
        public void flush(FrameBatch batch, long now) {
            for (int i = 0; i < sentCount; i++) {
                batch.delivered(sent[i], counters);
            }
            sentCount = 0;
        }

        @Override
        public Map<String, Object> details() {
            return Map.of();
        }

        @Override
        public void close() {
            waiting = 0;
        }
    }
}
