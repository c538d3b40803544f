// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.loop.DataLoop;
import org.nanorouter.router.loop.EngineLoop;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.port.Port;
import org.nanorouter.shim.NativeBuffer;

/** Cards in the engine on its real loop, with the far ends on the test's thread. */
class NicOnLoopTest {
    private static final long CALL_TIMEOUT_MS = 10_000;
    private static final int FRAMES = 20_000;

    @TempDir
    private Path folder;

    private static byte[] numbered(int number) {
        return ByteBuffer.wrap(Frames.plain(200)).putInt(20, number).array();
    }

    private static boolean isIdle(DataLoop loop, NicPort in, NicPort out) throws Exception {
        return in.counters().get(PortCounter.RECEIVED_FRAMES) == FRAMES
                && loop.call(out::nextReceiveAt, CALL_TIMEOUT_MS) == Port.NEVER;
    }

    @Test
    @Timeout(120)
    void framesCrossInOrderToAReceiverThatQueuesTenAndTheBooksAgree() throws Exception {
        PairWire[] cable = PairWire.create();
        NicPort in = NicPort.onPair("in", cable[0], NicPort.DEFAULT_MTU);
        NicPort out = NicPort.onSocket("out", folder.resolve("out"), folder.resolve("far"), NicPort.DEFAULT_MTU);
        Frames frames = new Frames();
        try (NativeBuffer scratch = NativeBuffer.allocate(Engine.SCRATCH_LENGTH); PairWire near = cable[1];
                NicPort far = NicPort.onSocket("far", folder.resolve("far"), folder.resolve("out"),
                        NicPort.DEFAULT_MTU);
                DataLoop loop = DataLoop.start("test-loop")) {
            Bridge bridge = new Bridge(
                    new Fdb(64, 64, Fdb.DEFAULT_AGEING_MS, Engine.MAX_PORTS, 1), Engine.MAX_PORTS);
            EngineLoop engine = loop.call(() -> new EngineLoop(loop,
                    new Engine(bridge, scratch.buffer(), scratch.address(), System::nanoTime), System::nanoTime),
                    CALL_TIMEOUT_MS);
            loop.call(() -> engine.add(in) + engine.add(out), CALL_TIMEOUT_MS);
            // Teaches the bridge where the destination is, so that the ingress waits for the egress.
            byte[] greeting = Frames.plain(60);
            greeting[5] = 1;
            System.arraycopy(Frames.plain(60), 0, greeting, 6, 6);
            frames.begin().add(greeting).sendTo(far, 0);
            await().atMost(Duration.ofSeconds(10)).until(() -> near.poll() != null);
            int sent = 0;
            int received = 0;
            int last = -1;
            while (sent < FRAMES || !isIdle(loop, in, out)) {
                if (sent < FRAMES && near.offer(numbered(sent))) {
                    sent++;
                }
                for (byte[] frame : frames.receiveFrom(far, System.nanoTime())) {
                    int number = ByteBuffer.wrap(frame).getInt(20);
                    assertThat(number).isGreaterThan(last);
                    last = number;
                    received++;
                }
            }
            received += frames.receiveFrom(far, System.nanoTime()).size();
            loop.call(() -> {
                engine.remove(in);
                engine.remove(out);
                return null;
            }, CALL_TIMEOUT_MS);
            // Frames are lost if this thread does not run for longer than the engine holds senders back.
            System.out.println("frames to a queue of ten: received " + received + " of " + FRAMES);
            assertThat(received).as("more than the queue holds").isGreaterThan(2 * 10);
            assertThat(out.counters().get(PortCounter.SENT_FRAMES)).isEqualTo(received);
            assertThat(in.counters().get(PortCounter.FORWARDED_FRAMES)).isEqualTo(received);
            assertThat(in.counters().get(Drop.EGRESS_FULL)).isEqualTo(in.counters().drops())
                    .isEqualTo(FRAMES - received);
        } finally {
            in.close();
            out.close();
        }
    }
}
