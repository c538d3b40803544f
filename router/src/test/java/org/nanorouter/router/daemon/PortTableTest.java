package org.nanorouter.router.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.router.config.PortConfig.ChannelConfig;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.loop.DataLoop;
import org.nanorouter.router.loop.EngineLoop;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.channel.TwoOses;

class PortTableTest {
    private static final long TIMEOUT_MS = 5_000;
    private static final int CAPACITY = 256 * 1024;

    private final DataLoop loop = DataLoop.start("test-loop");
    /** How often the engine looked at the clock: at least once whenever it is pumped with a port to ask. */
    private final AtomicLong looks = new AtomicLong();
    private final Engine engine = new Engine(
        new Bridge(new Fdb(64, 16, 300_000, Engine.MAX_PORTS, 42), Engine.MAX_PORTS),
        ByteBuffer.allocateDirect(Engine.SCRATCH_LENGTH).order(ByteOrder.LITTLE_ENDIAN), 0, () -> {
            looks.incrementAndGet();
            return System.nanoTime();
        });
    private final PortTable table = new PortTable(new EngineLoop(loop, engine, System::nanoTime));
    private TwoOses oses;

    @BeforeEach
    void open() throws Exception {
        oses = new TwoOses(CAPACITY);
        onLoop(() -> {
            table.apply(List.of(new ChannelConfig("peers", ChannelConfig.EVERY_PEER, OnFull.WAIT)));
            table.addChannel(oses.from0);
            return true;
        });
    }

    @AfterEach
    void close() throws Exception {
        onLoop(() -> {
            table.close();
            return true;
        });
        loop.close();
        oses.close();
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        return loop.call(task, TIMEOUT_MS);
    }

    /** What the engine did in answer to a ring of the peer. */
    private long looksAfterARing() throws Exception {
        long before = looks.get();
        oses.from1.ring();
        // What is readable is looked at in between.
        for (int i = 0; i < 3; i++) {
            onLoop(() -> true);
        }
        return looks.get() - before;
    }

    @Test
    void theDoorbellOfAQuarantinedPeerWakesNobody() throws Exception {
        onLoop(() -> true);
        assertThat(looksAfterARing()).isPositive();
        onLoop(() -> {
            oses.from0.quarantine(QuarantineReason.TAIL_MISALIGNED);
            table.noticeQuarantines();
            return true;
        });
        assertThat(engine.ports()).extracting(port -> port.state()).containsExactly(PortState.QUARANTINED);
        assertThat(looksAfterARing()).isZero();
        onLoop(() -> {
            table.removeChannel(oses.from0);
            return true;
        });
        assertThat(engine.ports()).isEmpty();
    }
}
