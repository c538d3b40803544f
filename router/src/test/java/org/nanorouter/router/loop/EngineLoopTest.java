// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.loop;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.port.Port;

class EngineLoopTest {
    private static final long TIMEOUT_MS = 5_000;
    private static final int MS = 1_000_000;

    private final DataLoop loop = DataLoop.start("test-loop");
    private final List<Timer> timers = new ArrayList<>();
    private final DuePort port = new DuePort();
    private long now = 1;
    private final Engine engine = new Engine(
        new Bridge(new Fdb(64, 64, 300_000, Engine.MAX_PORTS, 42), Engine.MAX_PORTS),
        ByteBuffer.allocateDirect(Engine.SCRATCH_LENGTH).order(ByteOrder.LITTLE_ENDIAN), 0, () -> now);
    private final EngineLoop engineLoop = new EngineLoop(loop, engine, () -> now, this::schedule);

    private record Timer(long at, Runnable task, CompletableFuture<?> future) {
    }

    private Future<?> schedule(Runnable task, long delayNanos) {
        Timer timer = new Timer(now + delayNanos, task, new CompletableFuture<>());
        timers.add(timer);
        return timer.future;
    }

    /** Time goes on: each timer whose time has come goes off. */
    private void advance(long nanos) {
        now += nanos;
        for (Timer timer : List.copyOf(timers)) {
            if (timer.at <= now && !timer.future.isDone()) {
                timer.future.complete(null);
                timer.task.run();
            }
        }
        timers.removeIf(timer -> timer.future.isDone());
    }

    @AfterEach
    void close() {
        loop.close();
    }

    @Test
    void oneTimerIsUnderWayHoweverOftenTheDeadlineMoves() throws Exception {
        loop.call(() -> engineLoop.add(port), TIMEOUT_MS);
        Random random = new Random(1);
        loop.call(() -> {
            for (int i = 0; i < 1_000; i++) {
                port.due = random.nextInt(10) == 0 ? Port.NEVER : now + 1 + random.nextInt(20 * MS);
                engineLoop.pump();
                advance(random.nextInt(2 * MS));
                assertThat(timers).as("after %d pumps", i).hasSizeLessThanOrEqualTo(1);
            }
            return true;
        }, TIMEOUT_MS);
    }

    @Test
    void aDeadlineIsNotMissedWhenAnotherOneComesFirst() throws Exception {
        loop.call(() -> engineLoop.add(port), TIMEOUT_MS);
        loop.call(() -> {
            port.due = now + 20 * MS;
            engineLoop.pump();
            port.due = now + MS;
            engineLoop.pump();
            int asked = port.asked;
            advance(MS);
            assertThat(port.asked).isGreaterThan(asked);
            port.due = now + 19 * MS;
            engineLoop.pump();
            asked = port.asked;
            advance(19 * MS);
            assertThat(port.asked).isGreaterThan(asked);
            return true;
        }, TIMEOUT_MS);
    }

    @Test
    void aPortThatNeverRestsKeepsNothingElseFromItsTime() throws Exception {
        EngineLoop busy = new EngineLoop(loop, engine, () -> now);
        CompletableFuture<Integer> askedUntilThen = new CompletableFuture<>();
        loop.call(() -> {
            port.due = now;
            port.restless = true;
            busy.add(port);
            return loop.schedule(() -> askedUntilThen.complete(port.asked), 0);
        }, TIMEOUT_MS);
        assertThat(askedUntilThen.get(TIMEOUT_MS, TimeUnit.MILLISECONDS)).isPositive().isLessThan(1_000);
        loop.call(() -> {
            busy.remove(port);
            return true;
        }, TIMEOUT_MS);
    }
}
