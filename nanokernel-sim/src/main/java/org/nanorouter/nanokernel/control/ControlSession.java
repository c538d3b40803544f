// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.control;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** One client of a control socket: at most one request is gathered and one reply is waiting at any time. */
final class ControlSession {
    private static final Logger LOG = LoggerFactory.getLogger(ControlSession.class);
    private static final int READ_SIZE = 4096;
    /** A key whose value is absent is shown, so that the keys of a reply are always the same. */
    private static final JSON WRITER = JSON.std.with(JSON.Feature.WRITE_NULL_PROPERTIES);

    private final SocketChannel channel;
    private final SelectionKey key;
    private final ByteBuffer input = ByteBuffer.allocate(READ_SIZE).flip();
    private final ByteArrayOutputStream line = new ByteArrayOutputStream();
    private @Nullable ByteBuffer output;
    private boolean ended;

    ControlSession(SocketChannel channel, SelectionKey key) {
        this.channel = channel;
        this.key = key;
    }

    void attach() {
        key.attach(this);
    }

    /** Goes on as far as the socket allows; false if the connection is to be closed. */
    boolean process(ControlHandler handler) {
        try {
            // One buffer of requests a turn, so that a client that never stops asking leaves the others their turn.
            if (!flush()) {
                return true;
            }
            if (!input.hasRemaining()) {
                input.clear();
                int count = channel.read(input);
                input.flip();
                if (count < 0) {
                    return false;
                }
            }
            while (input.hasRemaining() && output == null) {
                if (!gather(handler)) {
                    ended = true;
                }
                if (flush() && ended) {
                    return false;
                }
            }
            return true;
        } catch (IOException e) {
            return false;
        }
    }

    /** Takes bytes up to the end of a line and answers it; false if the client broke the rules. */
    private boolean gather(ControlHandler handler) throws IOException {
        while (input.hasRemaining()) {
            byte next = input.get();
            if (next == '\n') {
                String request = line.toString(StandardCharsets.UTF_8);
                line.reset();
                if (!request.isBlank()) {
                    reply(answer(handler, request));
                }
                return true;
            }
            line.write(next);
            if (line.size() > ControlServer.MAX_REQUEST) {
                input.position(input.limit());
                reply(error(new ControlException(ControlException.BAD_REQUEST,
                        "a request has at most " + ControlServer.MAX_REQUEST + " bytes")));
                return false;
            }
        }
        return true;
    }

    private static Map<String, Object> answer(ControlHandler handler, String text) {
        try {
            Map<String, Object> request;
            try {
                request = JSON.std.mapFrom(text);
            } catch (IOException | RuntimeException e) {
                throw new ControlException(ControlException.BAD_REQUEST, "a request is one JSON object in one line");
            }
            if (request == null || !(request.get("verb") instanceof String)) {
                throw new ControlException(ControlException.BAD_REQUEST, "a request names its verb, as a string");
            }
            return handler.handle(request);
        } catch (ControlException e) {
            return error(e);
        } catch (RuntimeException e) {
            LOG.error("a control request failed: {}", text, e);
            return error(new ControlException(ControlException.INTERNAL, "the request failed: " + e));
        }
    }

    private static Map<String, Object> error(ControlException e) {
        Map<String, Object> error = new LinkedHashMap<>();
        error.put("code", e.code());
        error.put("message", String.valueOf(e.getMessage()));
        return Map.of("error", error);
    }

    private void reply(Map<String, Object> reply) throws IOException {
        output = ByteBuffer.wrap((WRITER.asString(reply) + "\n").getBytes(StandardCharsets.UTF_8));
    }

    /** Tells a client that is not admitted why; as much of it as fits into the socket at once. */
    void refuse(ControlException reason) {
        try {
            reply(error(reason));
            flush();
        } catch (IOException e) {
            LOG.debug("a refused client had gone already: {}", e.toString());
        }
    }

    /** Writes what waits; true if nothing waits any more. Requests are read only then. */
    private boolean flush() throws IOException {
        ByteBuffer waiting = output;
        if (waiting != null) {
            channel.write(waiting);
            if (!waiting.hasRemaining()) {
                output = null;
            }
        }
        boolean resume = output == null && input.hasRemaining();
        key.interestOps(output != null || resume ? SelectionKey.OP_WRITE : SelectionKey.OP_READ);
        return output == null;
    }

    void close() {
        key.cancel();
        try {
            channel.close();
        } catch (IOException e) {
            LOG.debug("closing a control connection: {}", e.toString());
        }
    }
}
