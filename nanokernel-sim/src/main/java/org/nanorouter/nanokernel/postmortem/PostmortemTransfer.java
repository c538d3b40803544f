// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.postmortem;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;

/**
 * A {@link Postmortem} over the control socket: the verb {@code os.postmortem}.
 *
 * <p>With {@code os} alone it is answered with everything but the bytes of the rings; with {@code now} true, too, as of
 * this moment and not of the last failure. With the {@code failed_at} of that answer, {@code ring} (index in
 * {@code rings}) and {@code offset} it is answered with {@code data}: at most {@link #MAX_PART} of that
 * ring's bytes in base64. So no reply is large, and the nanokernel keeps nothing for a client that goes away half-way.
 */
public final class PostmortemTransfer {
    /** Bytes of a ring in one reply. */
    public static final int MAX_PART = 256 << 10;

    private static final String VERB = "os.postmortem";

    private PostmortemTransfer() {
    }

    /** The reply to a request without {@code ring}. */
    public static Map<String, Object> describe(Postmortem postmortem) {
        Map<String, @Nullable Object> reply = new LinkedHashMap<>();
        reply.put("os", postmortem.os());
        reply.put("epoch", postmortem.epoch());
        reply.put("failure", postmortem.failure());
        reply.put("text", postmortem.text());
        reply.put("started_at", postmortem.startedAt());
        reply.put("failed_at", postmortem.failedAt());
        reply.put("beat_at", postmortem.beatAt());
        reply.put("clock_offset", postmortem.clockOffset());
        Postmortem.Panic panic = postmortem.panic();
        reply.put("panic", panic == null ? null
                : Map.of("code", panic.code(), "at", panic.at(), "text", panic.text()));
        reply.put("events", postmortem.events().stream()
                .map(event -> Map.of("at", event.at(), "text", event.text())).toList());
        reply.put("rings", postmortem.rings().stream().map(PostmortemTransfer::describe).toList());
        return complete(reply);
    }

    private static Map<String, Object> describe(RingImage ring) {
        Map<String, Object> reply = new LinkedHashMap<>();
        reply.put("producer", ring.producer());
        reply.put("consumer", ring.consumer());
        reply.put("capacity", ring.capacity());
        reply.put("tail", ring.tail());
        reply.put("head", ring.head());
        reply.put("sequence_from", ring.sequenceFrom());
        reply.put("sequence_to", ring.sequenceTo());
        reply.put("not_before", ring.notBefore());
        reply.put("not_after", ring.notAfter());
        reply.put("bytes", ring.bytes().capacity());
        return reply;
    }

    /**
     * The reply to any request.
     *
     * @throws IllegalStateException    if the request goes on with a copy that is no longer kept
     * @throws IllegalArgumentException if it names bytes that are not there
     */
    public static Map<String, Object> answer(Postmortem postmortem, Map<String, Object> request) {
        if (!request.containsKey("ring")) {
            return describe(postmortem);
        }
        if (number(request, "failed_at") != postmortem.failedAt()) {
            throw new IllegalStateException("os=" + postmortem.os() + ": another copy is kept meanwhile, that of epoch "
                    + postmortem.epoch() + "; ask anew");
        }
        long index = number(request, "ring");
        long offset = number(request, "offset");
        if (index < 0 || index >= postmortem.rings().size()) {
            throw new IllegalArgumentException("ring=" + index + ", expected 0 to " + (postmortem.rings().size() - 1));
        }
        ByteBuffer bytes = postmortem.rings().get((int) index).bytes();
        if (offset < 0 || offset > bytes.capacity()) {
            throw new IllegalArgumentException("offset=" + offset + ", expected 0 to " + bytes.capacity());
        }
        byte[] part = new byte[(int) Math.min(MAX_PART, bytes.capacity() - offset)];
        bytes.get((int) offset, part);
        return Map.of("data", Base64.getEncoder().encodeToString(part));
    }

    /**
     * Asks for all of it.
     *
     * @param now whether what the rings hold now is wanted, not what they held at the last failure
     * @throws ControlException if nothing is kept of this OS, or it fails just now once more
     * @throws IOException      if the connection failed, or the answer makes no sense
     */
    public static Postmortem fetch(ControlClient client, String os, boolean now)
            throws IOException, ControlException {
        Map<String, Object> reply = client.call(Map.of("verb", VERB, "os", os, "now", now));
        try {
            long failedAt = number(reply, "failed_at");
            List<RingImage> rings = new ArrayList<>();
            for (Map<?, ?> ring : objects(reply, "rings")) {
                rings.add(new RingImage(text(ring, "producer"), text(ring, "consumer"), (int) number(ring, "capacity"),
                        number(ring, "tail"), number(ring, "head"), number(ring, "sequence_from"),
                        number(ring, "sequence_to"), number(ring, "not_before"), number(ring, "not_after"),
                        fetch(client, os, failedAt, rings.size(), number(ring, "bytes"))));
            }
            List<Postmortem.Event> events = objects(reply, "events").stream()
                    .map(event -> new Postmortem.Event(number(event, "at"), text(event, "text"))).toList();
            Postmortem.Panic panic = reply.get("panic") instanceof Map<?, ?> record
                    ? new Postmortem.Panic((int) number(record, "code"), number(record, "at"), text(record, "text"))
                    : null;
            return new Postmortem(text(reply, "os"), (int) number(reply, "epoch"), text(reply, "failure"),
                    text(reply, "text"), number(reply, "started_at"), failedAt, number(reply, "beat_at"),
                    number(reply, "clock_offset"), panic, events, rings);
        } catch (IllegalArgumentException e) {
            throw new IOException("a postmortem that cannot be: " + e.getMessage(), e);
        }
    }

    private static ByteBuffer fetch(ControlClient client, String os, long failedAt, int ring, long length)
            throws IOException, ControlException {
        if (length < 0 || length > Integer.MAX_VALUE) {
            throw new IllegalArgumentException("bytes=" + length);
        }
        ByteBuffer bytes = ByteBuffer.allocate((int) length).order(ByteOrder.LITTLE_ENDIAN);
        while (bytes.hasRemaining()) {
            Map<String, Object> request = new LinkedHashMap<>();
            request.put("verb", VERB);
            request.put("os", os);
            request.put("failed_at", failedAt);
            request.put("ring", ring);
            request.put("offset", bytes.position());
            byte[] part = Base64.getDecoder().decode(text(client.call(request), "data"));
            if (part.length == 0 || part.length > bytes.remaining()) {
                throw new IllegalArgumentException("part=" + part.length + " of " + bytes.remaining() + " bytes");
            }
            bytes.put(part);
        }
        return bytes.flip();
    }

    private static long number(Map<?, ?> object, String key) {
        if (object.get(key) instanceof Number number) {
            return number.longValue();
        }
        throw new IllegalArgumentException(key + "=" + object.get(key) + ", expected a number");
    }

    private static String text(Map<?, ?> object, String key) {
        if (object.get(key) instanceof String text) {
            return text;
        }
        throw new IllegalArgumentException(key + "=" + object.get(key) + ", expected a text");
    }

    private static List<Map<?, ?>> objects(Map<?, ?> object, String key) {
        List<Map<?, ?>> objects = new ArrayList<>();
        if (object.get(key) instanceof List<?> list) {
            for (Object element : list) {
                if (element instanceof Map<?, ?> map) {
                    objects.add(map);
                }
            }
        }
        return objects;
    }

    /** A reply shows an absent value as null, which the type of the control interface does not speak of. */
    @SuppressWarnings("NullAway")
    private static Map<String, Object> complete(Map<String, @Nullable Object> reply) {
        return reply;
    }
}
