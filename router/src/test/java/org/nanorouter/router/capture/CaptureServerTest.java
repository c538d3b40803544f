// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.File;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.UnixSocket;

/** Both ends of the capture socket, and ends that do as they like. */
class CaptureServerTest {
    private static final int CAPACITY = 256 << 10;
    private static final CaptureRequest REQUEST =
        new CaptureRequest(List.of(), Direction.IN, new byte[0], 64, CAPACITY, false, 1);

    @TempDir
    Path directory;

    private final Engine engine = new Engine(
        new Bridge(new Fdb(64, 64, 300_000, Engine.MAX_PORTS, 42), Engine.MAX_PORTS),
        ByteBuffer.allocateDirect(Engine.SCRATCH_LENGTH).order(ByteOrder.LITTLE_ENDIAN), 0, System::nanoTime);
    private final AtomicInteger tasks = new AtomicInteger();

    /** The data loop of this test is whoever calls. */
    private synchronized <T> T call(Callable<T> task) throws ExecutionException {
        tasks.incrementAndGet();
        try {
            return task.call();
        } catch (Exception e) {
            throw new ExecutionException(e);
        }
    }

    private CaptureServer.DataLoopCalls dataLoop() {
        return new CaptureServer.DataLoopCalls() {
            @Override
            public <T> T call(Callable<T> task) throws ExecutionException {
                return CaptureServerTest.this.call(task);
            }
        };
    }

    @Test
    void aClientThatLeavesBeforeItsAnswerLeavesNoCapture() throws IOException {
        Path path = directory.resolve("capture");
        try (CaptureServer server = CaptureServer.start(path, engine, dataLoop());
                NativeBuffer message = NativeBuffer.allocate(CaptureSocket.BUFFER_LENGTH)) {
            assertThat(server).isNotNull();
            for (int i = 1; i <= 2 * Captures.MAX; i++) {
                int socket = Errno.check(UnixSocket.connectSeqPacket(path.toString()), "connect");
                CaptureSocket.send(socket, message, JSON.std.asString(REQUEST.toJson()));
                Fd.close(socket);
                int begunAndEnded = 2 * i;
                await().until(() -> tasks.get() >= begunAndEnded);
            }
            CaptureReader.open(path, REQUEST, CaptureReader.PATIENT_MS).close();
        }
    }

    @Test
    void nobodyIsAskedThroughALink() throws IOException {
        Path path = directory.resolve("capture");
        Path link = Files.createSymbolicLink(directory.resolve("link"), path);
        try (CaptureServer server = CaptureServer.start(path, engine, dataLoop())) {
            assertThat(server).isNotNull();
            assertThatThrownBy(() -> CaptureReader.open(link, REQUEST, CaptureReader.PATIENT_MS))
                .isInstanceOf(IOException.class).hasMessageContaining("is not a socket");
        }
    }

    @Test
    void aRouterThatAnswersOrWritesNonsenseIsAnErrorAndNoMore() throws Exception {
        assertRefused("null", "none");
        assertRefused("{\"ok\": false, \"error\": \"no\"}", "no");
        for (String note : List.of("{}", "{\"index\": \"x\"}", "null")) {
            try (CaptureReader reader = open("{\"ok\": true}", note)) {
                assertThatThrownBy(() -> reader.poll(new NoListener())).as(note).isInstanceOf(IOException.class);
            }
        }
    }

    private void assertRefused(String answer, String message) throws IOException {
        List<String> before = descriptors();
        assertThatThrownBy(() -> open(answer, "{}")).isInstanceOf(IOException.class).hasMessageContaining(message);
        List<String> left = descriptors();
        before.forEach(left::remove);
        assertThat(left).as("descriptors after " + answer).isEmpty();
    }

    /** What they lead to. Others than the test's may be closed meanwhile: a loop of the test before, for one. */
    private static List<String> descriptors() throws IOException {
        List<String> all = new ArrayList<>();
        for (String number : Objects.requireNonNull(new File("/proc/self/fd").list())) {
            try {
                all.add(Files.readSymbolicLink(Path.of("/proc/self/fd", number)).toString());
            } catch (NoSuchFileException e) {
                // That of the list itself.
                continue;
            }
        }
        return all;
    }

    /** A reader at a router that answers this to whatever it is asked, and has written a note. */
    private CaptureReader open(String answer, String note) throws Exception {
        Path path = directory.resolve("fake");
        int listener = Errno.check(UnixSocket.listenSeqPacket(path.toString(), 0600), "listen");
        Thread router = new Thread(() -> answer(listener, answer, note));
        router.start();
        try {
            return CaptureReader.open(path, REQUEST, CaptureReader.PATIENT_MS);
        } finally {
            router.join();
            Fd.close(listener);
            Files.delete(path);
        }
    }

    private static void answer(int listener, String answer, String note) {
        try (NativeBuffer message = NativeBuffer.allocate(CaptureSocket.BUFFER_LENGTH)) {
            int[] socket = {-1};
            await().until(() -> (socket[0] = UnixSocket.accept(listener)) >= 0);
            await().until(() -> CaptureSocket.receive(socket[0], message) != null);
            CaptureRing.Made made = CaptureRing.make(CAPACITY);
            byte[] bytes = note.getBytes(StandardCharsets.UTF_8);
            RingProducer producer = made.ring().producer();
            try (CaptureRing ring = made.ring(); CaptureRing.Handout handout = made.handout()) {
                int record = producer.claim(bytes.length);
                producer.buffer().put(record + RecordDescriptor.PAYLOAD_OFFSET, bytes);
                producer.publish(RecordDescriptor.TYPE_MESSAGE, bytes.length, 0);
                EventFd.ring(ring.doorbellOut());
                CaptureSocket.send(socket[0], message, answer, handout.descriptors());
            }
            Fd.close(socket[0]);
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }
}
