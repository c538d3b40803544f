// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.UnixSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Lets others capture: serves capture.sock on a thread of its own, and gives the data loop only what is ready. */
public final class CaptureServer implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(CaptureServer.class);
    private static final int MODE = 0600;
    private static final int MAX_CONNECTIONS = 2 * Captures.MAX;

    private final DataLoopCalls dataLoop;
    private final Captures captures;
    private final Path path;
    private final PollLoop loop;
    private final int listener;
    private final Thread thread;
    private final NativeBuffer message = NativeBuffer.allocate(CaptureSocket.BUFFER_LENGTH);
    private final Map<Integer, @Nullable Capture> connections = new HashMap<>();

    /** Runs a task on the data loop and waits for its result. */
    @FunctionalInterface
    public interface DataLoopCalls {
        <T> T call(Callable<T> task) throws ExecutionException, TimeoutException, InterruptedException;
    }

    private CaptureServer(Path path, Engine engine, DataLoopCalls dataLoop) throws ShimException {
        this.path = path;
        this.dataLoop = dataLoop;
        this.captures = new Captures(engine);
        this.listener = Errno.check(UnixSocket.listenSeqPacket(path.toString(), MODE), "make the capture socket "
            + path);
        this.loop = new PollLoop();
        this.thread = new Thread(loop::run, "capture");
        thread.setDaemon(true);
    }

    /** Where the capture socket of a router is. */
    public static Path beside(Path controlSocket) {
        return controlSocket.resolveSibling(controlSocket.getFileName() + ".capture");
    }

    /** Makes the socket and begins to serve it. */
    public static CaptureServer start(Path path, Engine engine, DataLoopCalls dataLoop) throws ShimException {
        CaptureServer server = new CaptureServer(path, engine, dataLoop);
        server.loop.add(server.listener, server::accept);
        server.thread.start();
        return server;
    }

    private void accept() {
        int fd = UnixSocket.accept(listener);
        if (fd >= 0 && connections.size() >= MAX_CONNECTIONS) {
            Fd.close(fd);
        } else if (fd >= 0) {
            connections.put(fd, null);
            loop.add(fd, () -> onReadable(fd));
        }
    }

    private void onReadable(int fd) {
        String text = CaptureSocket.receive(fd, message);
        if (text == null) {
            return;
        }
        Capture capture = connections.get(fd);
        if (capture != null && CaptureSocket.LOOK.equals(text)) {
            look(fd, capture);
            return;
        } else if (text.isEmpty() || capture != null) {
            end(fd, capture, !text.isEmpty());
            return;
        }
        try {
            if (CaptureSocket.PORTS.equals(text)) {
                CaptureSocket.send(fd, message, onDataLoop(captures::ports));
            } else {
                begin(fd, text);
            }
        } catch (IOException e) {
            answer(fd, Map.of("error", String.valueOf(e.getMessage())));
            end(fd, connections.get(fd), false);
        }
    }

    private void begin(int fd, String text) throws IOException {
        CaptureRequest request = CaptureRequest.of(JSON.std.mapFrom(text));
        CaptureRing.Made made = CaptureRing.make(request.capacity());
        try (CaptureRing.Handout handout = made.handout()) {
            Capture capture;
            try {
                capture = new Capture(request, made.ring());
            } catch (IOException e) {
                made.ring().close();
                throw e;
            }
            // Before it is the data loop's: whatever goes wrong from here on, it is ended with its connection.
            connections.put(fd, capture);
            String refusal = onDataLoop(() -> captures.add(capture));
            if (!refusal.isEmpty()) {
                throw new IOException(refusal);
            }
            CaptureSocket.send(fd, message, JSON.std.asString(Map.of("ok", true)), handout.descriptors());
            LOG.debug("a capture begins: ports {}, {}", request.ports().isEmpty() ? "any" : request.ports(),
                request.direction());
        }
    }

    private void look(int fd, Capture capture) {
        try {
            onDataLoop(() -> {
                captures.look();
                return true;
            });
        } catch (IOException e) {
            end(fd, capture, false);
        }
    }

    private <T> T onDataLoop(Callable<T> task) throws IOException {
        try {
            return dataLoop.call(task);
        } catch (ExecutionException | TimeoutException e) {
            throw new IOException("the data loop did not answer", e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IOException("the router ends", e);
        }
    }

    private void answer(int fd, Map<String, Object> answer) {
        try {
            CaptureSocket.send(fd, message, JSON.std.asString(answer));
        } catch (IOException e) {
            LOG.debug("a capture was not answered: {}", e.getMessage());
        }
    }

    private void end(int fd, @Nullable Capture capture, boolean asksForCounts) {
        if (capture != null) {
            try {
                Map<String, Object> counts = onDataLoop(() -> {
                    captures.remove(capture);
                    return capture.counts();
                });
                if (asksForCounts) {
                    answer(fd, counts);
                }
                LOG.debug("a capture ends: {} captured, {} dropped", counts.get("captured"), counts.get("dropped"));
                capture.close();
            } catch (IOException e) {
                // The data loop may have it still, and what is unmapped under it ends the router: so it is left.
                LOG.warn("a capture did not end in order, its memory stays: {}", e.getMessage());
            }
        }
        connections.remove(fd);
        loop.remove(fd);
        Fd.close(fd);
    }

    /** Ends all captures; their rings can still be read to their ends. */
    @Override
    public void close() {
        loop.execute(() -> {
            for (int fd : connections.keySet().toArray(Integer[]::new)) {
                end(fd, connections.get(fd), true);
            }
            loop.remove(listener);
            Fd.close(listener);
            loop.stop();
        });
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        try {
            onDataLoop(() -> {
                captures.close();
                return true;
            });
            Files.deleteIfExists(path);
        } catch (IOException e) {
            LOG.debug("{}: {}", path, e.getMessage());
        }
        loop.close();
        message.close();
    }
}
