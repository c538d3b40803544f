// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.netty.channel.epoll.EpollIoOps;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;

class DataLoopTest {
    private static final long TIMEOUT_MS = 5_000;

    private final DataLoop loop = DataLoop.start("test-loop");
    private final int doorbell = EventFd.create();
    private final AtomicInteger calls = new AtomicInteger();

    @AfterEach
    void close() {
        loop.close();
        Fd.close(doorbell);
    }

    private Watch watch(Runnable handler) throws Exception {
        return loop.call(() -> loop.watch(doorbell, handler), TIMEOUT_MS);
    }

    private void awaitCalls(int count) {
        await().pollDelay(Duration.ZERO).pollInterval(Duration.ofMillis(1)).until(() -> calls.get() == count);
    }

    @Test
    void aDoorbellThatNobodyReadsWakesTheLoopEachTimeAndOnlyThen() throws Exception {
        watch(calls::incrementAndGet);
        for (int i = 1; i <= 200; i++) {
            EventFd.ring(doorbell);
            awaitCalls(i);
        }
        // Level-triggered it would be called without end.
        loop.call(() -> true, TIMEOUT_MS);
        assertThat(calls.get()).isEqualTo(200);
    }

    @Test
    void aDoorbellRungBeforeItIsWatchedWakesTheLoop() throws Exception {
        EventFd.ring(doorbell);
        watch(calls::incrementAndGet);
        awaitCalls(1);
    }

    @Test
    void anExceptionInAHandlerDoesNotHoldTheLoopUp() throws Exception {
        watch(() -> {
            calls.incrementAndGet();
            throw new IllegalStateException("on purpose");
        });
        long quickest = Long.MAX_VALUE;
        for (int i = 1; i <= 5; i++) {
            long start = System.nanoTime();
            EventFd.ring(doorbell);
            awaitCalls(i);
            loop.call(() -> true, TIMEOUT_MS);
            quickest = Math.min(quickest, System.nanoTime() - start);
        }
        // An exception that escapes to Netty costs a second each; one round at least was not held up by others.
        assertThat(quickest).isLessThan(Duration.ofMillis(900).toNanos());
    }

    @Test
    void aCancelledWatchIsNotCalledAndItsDescriptorCanBeWatchedAgain() throws Exception {
        Watch first = watch(calls::incrementAndGet);
        loop.call(() -> {
            first.cancel();
            first.cancel();
            return true;
        }, TIMEOUT_MS);
        EventFd.ring(doorbell);
        loop.call(() -> true, TIMEOUT_MS);
        assertThat(calls.get()).isZero();
        watch(calls::incrementAndGet);
        awaitCalls(1);
    }

    @Test
    void aMutedWatchWakesNobodyAndCallsForWhatCameMeanwhile() throws Exception {
        Watch watch = watch(calls::incrementAndGet);
        for (int round = 1; round <= 3; round++) {
            mute(watch, true);
            EventFd.ring(doorbell);
            EventFd.ring(doorbell);
            loop.call(() -> true, TIMEOUT_MS);
            loop.call(() -> true, TIMEOUT_MS);
            assertThat(calls.get()).isEqualTo(round - 1);
            mute(watch, false);
            awaitCalls(round);
        }
        EventFd.ring(doorbell);
        awaitCalls(4);
    }

    private void mute(Watch watch, boolean muted) throws Exception {
        loop.call(() -> {
            watch.mute(muted);
            return true;
        }, TIMEOUT_MS);
    }

    @Test
    void theLoopPreemptsNobodyWhoWakesIt() throws Exception {
        // Field 41 of proc(5)'s stat; the second one, the name in brackets, has no space here. 3: SCHED_BATCH.
        String stat = loop.call(() -> Files.readString(Path.of("/proc/thread-self/stat")), TIMEOUT_MS);
        assertThat(stat.split(" ")[40]).isEqualTo("3");
    }

    @Test
    void tasksAndTimesRunOnTheLoop() throws Exception {
        AtomicReference<Thread> thread = new AtomicReference<>();
        loop.execute(() -> thread.set(Thread.currentThread()));
        loop.every(10, calls::incrementAndGet);
        await().until(() -> calls.get() >= 3);
        loop.schedule(() -> calls.set(-1000), 1);
        await().until(() -> calls.get() < 0);
        assertThat(thread.get().getName()).isEqualTo("test-loop");
        assertThat(loop.isOnLoop()).isFalse();
    }

    @Test
    void whatIsWatchedIsWatchedForBothBits() {
        assertThat(DataLoop.READABLE_EDGE.value() & EpollIoOps.EPOLLIN.value()).isNotZero();
        assertThat(DataLoop.READABLE_EDGE.value() & EpollIoOps.EPOLLET.value()).isNotZero();
    }
}
