// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.loop;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.UnixSocket;

@Timeout(20)
class PollLoopTest {
    private final List<Integer> descriptors = new ArrayList<>();
    private final List<String> calls = new ArrayList<>();
    private PollLoop loop;

    @BeforeEach
    void open() throws ShimException {
        loop = new PollLoop();
    }

    @AfterEach
    void close() {
        loop.close();
        descriptors.forEach(Fd::close);
    }

    private int rung() {
        int fd = EventFd.create();
        descriptors.add(fd);
        EventFd.ring(fd);
        return fd;
    }

    @Test
    void aReadableDescriptorIsCalledUntilItIsDrained() {
        int fd = rung();
        loop.add(fd, () -> calls.add("ready"));
        loop.turn(0);
        loop.turn(0);
        EventFd.drain(fd);
        loop.turn(0);
        assertThat(calls).containsExactly("ready", "ready");
    }

    @Test
    void whoWaitsForTheEndIsNotCalledForWhatComesBefore(@TempDir Path directory) {
        String path = directory.resolve("s").toString();
        int listener = UnixSocket.listenSeqPacket(path, 0600);
        int far = UnixSocket.connectSeqPacket(path);
        int near = UnixSocket.accept(listener);
        descriptors.addAll(List.of(listener, near));
        loop.addForEnd(near, () -> calls.add("end"));
        try (NativeBuffer message = NativeBuffer.of("hello")) {
            assertThat(UnixSocket.sendWithFds(far, message.address(), 5, 0, 0)).isEqualTo(5);
        }
        loop.turn(0);
        assertThat(calls).isEmpty();
        Fd.close(far);
        loop.turn(0);
        assertThat(calls).containsExactly("end");
    }

    @Test
    void aHandlerMayRemoveAnotherOneThatIsReady() {
        int first = rung();
        int second = rung();
        loop.add(first, () -> {
            calls.add("first");
            loop.remove(second);
        });
        loop.add(second, () -> calls.add("second"));
        loop.turn(0);
        assertThat(calls).containsExactly("first");
    }

    @Test
    void aDescriptorThatTakesTheNumberOfARemovedOneIsNotCalledForIt() {
        int first = rung();
        int second = rung();
        loop.add(first, () -> {
            loop.remove(first);
            loop.remove(second);
            loop.add(second, () -> calls.add("new"));
        });
        loop.add(second, () -> calls.add("old"));
        loop.turn(0);
        assertThat(calls).isEmpty();
        loop.turn(0);
        assertThat(calls).containsExactly("new");
    }

    @Test
    void aHandlerThatThrowsLosesItsDescriptorAndTheOthersGoOn() {
        loop.add(rung(), () -> {
            calls.add("bad");
            throw new IllegalStateException("bad");
        });
        loop.add(rung(), () -> calls.add("good"));
        loop.turn(0);
        loop.turn(0);
        assertThat(calls).containsExactly("bad", "good", "good");
    }

    @Test
    void manyDescriptorsAreWaitedFor() {
        for (int i = 0; i < 100; i++) {
            loop.add(rung(), () -> calls.add("ready"));
        }
        loop.turn(0);
        assertThat(calls).hasSize(100);
        assertThatThrownBy(() -> loop.add(descriptors.get(0), () -> { })).hasMessageContaining("has a handler");
    }

    @Test
    void timersRunInTheOrderOfTheirTimesAndACancelledOneDoesNot() throws ShimException {
        // The clock wraps between the first and the second.
        long[] now = {Long.MAX_VALUE - 10};
        try (PollLoop clocked = new PollLoop(() -> now[0])) {
            clocked.schedule(20, () -> calls.add("second"));
            clocked.schedule(10, () -> calls.add("first"));
            clocked.schedule(20, () -> calls.add("third"));
            clocked.schedule(15, () -> calls.add("never")).cancel();
            now[0] += 9;
            clocked.turn(0);
            assertThat(calls).isEmpty();
            now[0] += 1;
            clocked.turn(0);
            assertThat(calls).containsExactly("first");
            now[0] += 10;
            clocked.turn(0);
        }
        assertThat(calls).containsExactly("first", "second", "third");
    }

    @Test
    void aTimerWakesTheLoop() {
        loop.schedule(1_000_000, loop::stop);
        loop.run();
    }

    @Test
    void anotherThreadWakesTheLoop() throws InterruptedException {
        Thread other = new Thread(() -> loop.execute(() -> {
            calls.add("task");
            loop.stop();
        }));
        other.start();
        loop.run();
        other.join();
        assertThat(calls).containsExactly("task");
    }

    @Test
    void aTaskThatThrowsOrComesAfterTheEndHarmsNobody() {
        loop.execute(() -> {
            throw new IllegalStateException("bad");
        });
        loop.execute(() -> calls.add("good"));
        loop.turn(0);
        loop.close();
        loop.execute(() -> calls.add("late"));
        assertThat(calls).containsExactly("good");
    }
}
