// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.control;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;
import jdk.net.ExtendedSocketOptions;

/** Asks a daemon over its control socket. Not for several threads at a time. */
public final class ControlClient implements AutoCloseable {
    private static final Duration DEFAULT_TIMEOUT = Duration.ofSeconds(10);
    /** Bytes of a reply, unless the caller says otherwise. */
    private static final int MAX_REPLY = 64 << 20;
    private static final long FULL_QUEUE_PAUSE_MS = 10;

    private final SocketChannel channel;
    private final Selector selector;
    private final SelectionKey key;
    private final long timeoutNs;
    private int maxReply = MAX_REPLY;
    private final ByteBuffer input = ByteBuffer.allocate(64 << 10).flip();
    /** What came of the next reply. */
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();

    private ControlClient(SocketChannel channel, Duration timeout) throws IOException {
        this.channel = channel;
        this.timeoutNs = timeout.toNanos();
        this.selector = Selector.open();
        channel.configureBlocking(false);
        this.key = channel.register(selector, 0);
    }

    /** Connects to the socket at a path; a call waits ten seconds for its reply. */
    public static ControlClient connect(Path path) throws IOException {
        return connect(path, DEFAULT_TIMEOUT);
    }

    /** Connects to the socket at a path, with the time that this, and later each call, waits at most. */
    public static ControlClient connect(Path path, Duration timeout) throws IOException {
        long deadline = System.nanoTime() + timeout.toNanos();
        try (Selector pause = Selector.open()) {
            while (true) {
                SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
                try {
                    channel.configureBlocking(false);
                    if (channel.connect(UnixDomainSocketAddress.of(path))) {
                        return new ControlClient(channel, timeout);
                    }
                } catch (IOException | RuntimeException e) {
                    channel.close();
                    throw e;
                }
                // Its queue of clients is full. A blocking connect would wait as long as the listener likes.
                channel.close();
                if (System.nanoTime() - deadline >= 0) {
                    throw new SocketTimeoutException("not accepted within " + timeout.toMillis() + " ms");
                }
                pause.select(FULL_QUEUE_PAUSE_MS);
            }
        }
    }

    /** Takes no reply of more bytes; for who asks many daemons that he does not trust. */
    public void limitReplies(int bytes) {
        maxReply = bytes;
    }

    /** The user whose process listens. */
    public UserPrincipal peer() throws IOException {
        return channel.getOption(ExtendedSocketOptions.SO_PEERCRED).user();
    }

    /** Calls a verb without arguments. */
    public Map<String, Object> call(String verb) throws IOException, ControlException {
        return call(Map.of("verb", verb));
    }

    /** Calls a verb with one argument. */
    public Map<String, Object> call(String verb, String name, Object value) throws IOException, ControlException {
        Map<String, Object> request = new LinkedHashMap<>();
        request.put("verb", verb);
        request.put(name, value);
        return call(request);
    }

    /**
     * Sends a request and waits for its reply.
     *
     * @throws ControlException if the daemon answered with an error
     * @throws IOException      if the connection failed or the time was up; the client is of no use any more then
     */
    public Map<String, Object> call(Map<String, Object> request) throws IOException, ControlException {
        return call(request, System.nanoTime() + timeoutNs);
    }

    /** The same until a time of {@link System#nanoTime}. */
    public Map<String, Object> call(Map<String, Object> request, long deadline) throws IOException, ControlException {
        long begin = System.nanoTime();
        send(request, begin, deadline - begin);
        return reply(readLine(begin, deadline - begin));
    }

    /**
     * Sends a request, for whose reply {@link #receive} waits. Replies come in the order of the requests.
     *
     * @throws IOException if the connection failed or the time was up; the client is of no use any more then
     */
    public void send(Map<String, Object> request) throws IOException {
        send(request, System.nanoTime(), timeoutNs);
    }

    private void send(Map<String, Object> request, long begin, long limitNs) throws IOException {
        ByteBuffer output = ByteBuffer.wrap((JSON.std.asString(request) + "\n").getBytes(StandardCharsets.UTF_8));
        while (output.hasRemaining()) {
            if (channel.write(output) == 0) {
                await(SelectionKey.OP_WRITE, begin, limitNs);
            }
        }
    }

    /**
     * Waits for the reply to the oldest request that has none yet.
     *
     * @throws ControlException       if the daemon answered with an error
     * @throws SocketTimeoutException if it did not come within that time; it may be waited for again
     * @throws IOException            if the connection failed; the client is of no use any more then
     */
    public Map<String, Object> receive(Duration timeout) throws IOException, ControlException {
        return reply(readLine(System.nanoTime(), timeout.toNanos()));
    }

    private static Map<String, Object> reply(String line) throws IOException, ControlException {
        Map<String, Object> reply = JSON.std.mapFrom(line);
        if (reply == null) {
            throw new IOException("the reply is not a JSON object");
        }
        if (reply.get("error") instanceof Map<?, ?> error) {
            throw new ControlException(String.valueOf(error.get("code")), String.valueOf(error.get("message")));
        }
        return reply;
    }

    private String readLine(long begin, long limitNs) throws IOException {
        // What has come already is taken, however little time there is.
        boolean mayRead = true;
        while (!takeLine()) {
            if (line.size() > maxReply) {
                throw new IOException("a reply of more than " + maxReply + " bytes");
            }
            if (!mayRead) {
                left(begin, limitNs);
            }
            mayRead = false;
            input.clear();
            int count;
            try {
                count = channel.read(input);
            } finally {
                input.flip();
            }
            if (count < 0) {
                throw new EOFException("the daemon closed the connection");
            }
            if (count == 0) {
                await(SelectionKey.OP_READ, begin, limitNs);
            }
        }
        String whole = line.toString(StandardCharsets.UTF_8);
        line.reset();
        return whole;
    }

    /** Moves what is there of a line; true if it is whole now. */
    private boolean takeLine() {
        byte[] bytes = input.array();
        int end = input.position();
        while (end < input.limit() && bytes[end] != '\n') {
            end++;
        }
        line.write(bytes, input.position(), end - input.position());
        boolean whole = end < input.limit();
        input.position(whole ? end + 1 : end);
        return whole;
    }

    private void await(int operation, long begin, long limitNs) throws IOException {
        long left = left(begin, limitNs);
        key.interestOps(operation);
        selector.select(left / 1_000_000 + 1);
        selector.selectedKeys().clear();
    }

    private static long left(long begin, long limitNs) throws IOException {
        long left = begin + limitNs - System.nanoTime();
        if (left <= 0) {
            throw new SocketTimeoutException("no reply within " + Duration.ofNanos(limitNs).toMillis() + " ms");
        }
        return left;
    }

    @Override
    public void close() throws IOException {
        channel.close();
        selector.close();
    }
}
