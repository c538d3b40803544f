// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.router.config.PortConfig.ChannelConfig;
import org.nanorouter.router.config.SessionPolicy;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.BridgeDrop;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.frame.EthernetFrame;
import org.nanorouter.router.loop.DataLoop;
import org.nanorouter.router.loop.EngineLoop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.channel.TwoOses;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;

class PortTableTest {
    private static final long TIMEOUT_MS = 5_000;
    /** That of the second OS of {@link TwoOses}. */
    private static final long PEER_MAC = 0x0200_0000_0002L;
    private static final long OTHER_MAC = 0x0200_0000_0009L;
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
    private final PeerSessions sessions = new PeerSessions();
    private final PortTable table =
        new PortTable(new EngineLoop(loop, engine, System::nanoTime), sessions, Succession.NONE);
    private final List<Channel> lied = new ArrayList<>();
    private final int marker = EventFd.create();
    private final AtomicInteger markerCalls = new AtomicInteger();
    private TwoOses oses;

    @BeforeEach
    void open() throws Exception {
        oses = new TwoOses(CAPACITY);
        onLoop(() -> {
            table.apply(List.of(new ChannelConfig("peers", ChannelConfig.EVERY_PEER, OnFull.WAIT,
                SessionPolicy.RESET)));
            table.addChannel(oses.from0);
            loop.watch(marker, markerCalls::incrementAndGet);
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
        sessions.close();
        oses.close();
        Fd.close(marker);
    }

    private <T> T onLoop(Callable<T> task) throws Exception {
        return loop.call(task, TIMEOUT_MS);
    }

    /** What the engine did in answer to a ring of the peer. */
    private long looksAfterARing() throws Exception {
        settle();
        long before = looks.get();
        oses.from1.ring();
        settle();
        return looks.get() - before;
    }

    /** The loop has seen everything that became readable before: epoll reports in the order of the events. */
    private void settle() throws Exception {
        int before = markerCalls.get();
        EventFd.ring(marker);
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> markerCalls.get() > before);
        onLoop(() -> true);
    }

    /** Where a frame of this source, from the channel or from elsewhere, would go. */
    private int forward(int ingress, long destination, long source, int vlan) {
        return engine.bridge().forward(ingress, destination, source, vlan, 0);
    }

    @Test
    void nobodyTakesTheAddressOfAnotherOs() throws Exception {
        onLoop(() -> {
            int peer = engine.indexOf(engine.ports().get(0));
            int other = peer + 1;
            engine.bridge().addPort(other, Bridge.NO_HORIZON);
            for (int vlan : new int[] {0, 5}) {
                int answer = forward(other, EthernetFrame.BROADCAST, PEER_MAC, vlan);
                assertThat(Bridge.isDrop(answer)).isTrue();
                assertThat(Bridge.dropReason(answer)).isEqualTo(BridgeDrop.SPOOFED_SOURCE);
            }
            assertThat(forward(other, PEER_MAC, OTHER_MAC, 0)).isEqualTo(peer);
            // A second address behind the same OS is learned like any other.
            assertThat(forward(peer, OTHER_MAC, PEER_MAC + 77, 0)).isEqualTo(other);
            assertThat(forward(other, PEER_MAC + 77, OTHER_MAC, 0)).isEqualTo(peer);
            oses.from0.quarantine(QuarantineReason.TAIL_MISALIGNED);
            table.noticeQuarantines(lied::add);
            assertThat(Bridge.isDrop(forward(other, EthernetFrame.BROADCAST, PEER_MAC, 0))).isTrue();
            assertThat(forward(other, PEER_MAC + 77, OTHER_MAC, 0)).as("forgotten").isEqualTo(Bridge.FLOOD);
            table.endChannel(oses.from0);
            assertThat(forward(other, EthernetFrame.BROADCAST, PEER_MAC, 0)).isEqualTo(Bridge.FLOOD);
            return true;
        });
    }

    @Test
    void whatIsLostWithAPeerIsCountedAndTheBooksStillAgree() throws Exception {
        onLoop(() -> {
            RingProducer fromHere = oses.from0.producer();
            for (int i = 0; i < 3; i++) {
                assertThat(fromHere.claim(60)).isGreaterThanOrEqualTo(0);
                fromHere.publish(RecordDescriptor.TYPE_ETHERNET, 60, 0);
            }
            assertThat(oses.from1.consumer().poll()).isGreaterThanOrEqualTo(0);
            oses.from1.consumer().advance();
            oses.from1.consumer().release();
            table.endChannel(oses.from0);
            return true;
        });
        PortCounters totals = engine.removedPorts();
        assertThat(totals.get(PortCounter.UNDELIVERED_FRAMES)).isEqualTo(2);
        assertThat(totals.get(PortCounter.UNREAD_FRAMES)).isZero();
        assertThat(totals.get(PortCounter.RECEIVED_FRAMES))
            .isEqualTo(totals.get(PortCounter.FORWARDED_FRAMES) + totals.drops());
    }

    @Test
    void theDoorbellOfAQuarantinedPeerWakesNobody() throws Exception {
        assertThat(looksAfterARing()).isPositive();
        onLoop(() -> {
            oses.from0.quarantine(QuarantineReason.TAIL_MISALIGNED);
            table.noticeQuarantines(lied::add);
            return true;
        });
        assertThat(engine.ports()).extracting(port -> port.state()).containsExactly(PortState.QUARANTINED);
        assertThat(lied).as("told once").containsExactly(oses.from0);
        assertThat(looksAfterARing()).isZero();
        onLoop(() -> {
            table.endChannel(oses.from0);
            return true;
        });
        assertThat(engine.ports()).isEmpty();
    }
}
