// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.shim.Doorbell;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.UnixSocket;

/** A capture at the end of who reads it. One thread at a time; {@link #stop} is for any. */
public final class CaptureReader implements AutoCloseable {
    private static final int ANSWER_MS = 10_000;
    private static final int BATCH = 256;
    /** How long {@link #stop} may go unnoticed. */
    private static final int STOP_LOOK_MS = 100;

    private final int socket;
    private final CaptureRing ring;
    private final RingConsumer consumer;
    private final NativeBuffer message;
    private final boolean follow;
    private final NativeBuffer poll = NativeBuffer.allocate(2 * Poll.ENTRY_LENGTH);
    private final CapturedFrame frame = new CapturedFrame();
    private volatile boolean stopping;
    private @Nullable Map<String, Object> counts;
    private boolean over;

    /** Hears of what a router captures. */
    public interface Listener {
        /** A port is there, or has come. */
        void portUp(CapturedPort port) throws IOException;

        /** A port has gone, in this state. */
        void portDown(int index, String state) throws IOException;

        /** So many frames of a port, since the capture began, found no room; those before and behind are told. */
        void lost(int port, long frames) throws IOException;

        /** If it follows: of the ring to a peer everything before this position was taken at this time. */
        void taken(int port, int position, long time) throws IOException;

        /** A frame, valid during this call; false: no more. */
        boolean frame(CapturedFrame captured) throws IOException;

        /** Everything that was there has been told. */
        void pause() throws IOException;
    }

    private CaptureReader(int socket, CaptureRing ring, NativeBuffer message, boolean follow) {
        this.socket = socket;
        this.follow = follow;
        this.ring = ring;
        this.consumer = ring.consumer();
        this.message = message;
    }

    /**
     * Begins a capture.
     *
     * @param path capture socket of the router
     * @throws IOException if nobody listens, or the router says no
     */
    public static CaptureReader open(Path path, CaptureRequest request) throws IOException {
        int socket = Errno.check(UnixSocket.connectSeqPacket(path.toString()), "connect to " + path);
        NativeBuffer message = NativeBuffer.allocate(CaptureSocket.BUFFER_LENGTH);
        try {
            CaptureSocket.send(socket, message, JSON.std.asString(request.toJson()));
            String text = await(socket, message);
            Map<String, Object> answer = JSON.std.mapFrom(text);
            if (!Boolean.TRUE.equals(answer.get("ok"))) {
                throw new IOException(String.valueOf(answer.get("error")));
            }
            CaptureRing ring = CaptureRing.open(CaptureSocket.descriptors(message), request.capacity());
            return new CaptureReader(socket, ring, message, request.follow());
        } catch (IOException e) {
            Fd.close(socket);
            message.close();
            throw e;
        }
    }

    private static String await(int socket, NativeBuffer message) throws IOException {
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            entry.buffer().putInt(Poll.FD_OFFSET, socket).putShort(Poll.EVENTS_OFFSET, Poll.IN);
            if (Poll.poll(entry.address(), 1, ANSWER_MS) <= 0) {
                throw new IOException("the router does not answer");
            }
        }
        String text = CaptureSocket.receive(socket, message, CaptureRing.Handout.COUNT);
        if (text == null || text.isEmpty()) {
            throw new IOException("the router ended the capture");
        }
        return text;
    }

    /**
     * Tells the listener everything that comes, until it has enough, {@link #stop} is called, or the router ends.
     *
     * @throws IOException of the listener; or if the ring is broken
     */
    public void read(Listener listener) throws IOException {
        boolean wants = true;
        while (wants && !stopping && !over) {
            wants = readWhatIsThere(listener);
            if (wants && !consumer.askForWake() && !look(STOP_LOOK_MS)) {
                over = true;
            }
        }
        finish(listener, wants);
    }

    /**
     * Tells the listener what is there, without waiting.
     *
     * @return false if the router has ended
     * @throws IOException of the listener; or if the ring is broken
     */
    public boolean poll(Listener listener) throws IOException {
        readWhatIsThere(listener);
        over = over || !look(0);
        return !over;
    }

    /** The router is told to stop, and what it had captured by then is read. */
    private void finish(Listener listener, boolean wants) throws IOException {
        if (!over) {
            try {
                CaptureSocket.send(socket, message, CaptureSocket.END);
                counts = JSON.std.mapFrom(await(socket, message));
            } catch (IOException e) {
                // It died just now; what it had captured is there.
                over = true;
            }
        }
        if (wants) {
            readWhatIsThere(listener);
        }
    }

    private boolean readWhatIsThere(Listener listener) throws IOException {
        int unreleased = 0;
        for (int record = consumer.poll(); record != RingConsumer.NONE; record = consumer.poll()) {
            if (record == RingConsumer.BROKEN) {
                throw new IOException("the router wrote what is no record");
            }
            boolean more = true;
            if (consumer.type() == RecordDescriptor.TYPE_MESSAGE) {
                note(listener, record);
            } else if (consumer.length() >= CapturedFrameDescriptor.LENGTH) {
                more = tell(listener, record);
            }
            consumer.advance();
            if (++unreleased == BATCH || !more) {
                consumer.release();
                unreleased = 0;
            }
            if (!more) {
                return false;
            }
        }
        consumer.release();
        listener.pause();
        return true;
    }

    private boolean tell(Listener listener, int record) throws IOException {
        frame.aim(consumer.buffer(), record, consumer.length());
        int flags = frame.flags();
        if ((flags & CapturedFrameDescriptor.LOST) != 0) {
            listener.lost(frame.port(), frame.id());
        } else if ((flags & CapturedFrameDescriptor.TAKEN) != 0) {
            listener.taken(frame.port(), (int) frame.egresses(), frame.time());
        } else {
            return listener.frame(frame);
        }
        return true;
    }

    private void note(Listener listener, int record) throws IOException {
        byte[] bytes = new byte[consumer.length()];
        consumer.buffer().get(record + RecordDescriptor.PAYLOAD_OFFSET, bytes);
        Map<String, Object> note = JSON.std.mapFrom(new String(bytes, StandardCharsets.UTF_8));
        int index = ((Number) note.get("index")).intValue();
        if (Boolean.TRUE.equals(note.get("up"))) {
            listener.portUp(new CapturedPort(index, String.valueOf(note.get("name")), String.valueOf(note.get("kind")),
                number(note.get("epoch")), (int) number(note.get("capacity"))));
        } else {
            listener.portDown(index, String.valueOf(note.get("state")));
        }
    }

    private static long number(@Nullable Object value) {
        return value instanceof Number number ? number.longValue() : 0;
    }

    /** Waits for more; false if the router ended the capture. */
    private boolean look(int waitMs) {
        poll.buffer().putInt(Poll.FD_OFFSET, ring.doorbellIn()).putShort(Poll.EVENTS_OFFSET, Poll.IN);
        poll.buffer().putInt(Poll.ENTRY_LENGTH + Poll.FD_OFFSET, socket)
            .putShort(Poll.ENTRY_LENGTH + Poll.EVENTS_OFFSET, Poll.IN);
        if (Poll.poll(poll.address(), 2, waitMs) == 0 && follow) {
            try {
                CaptureSocket.send(socket, message, CaptureSocket.LOOK);
            } catch (IOException e) {
                return false;
            }
        }
        Doorbell.clear(ring.doorbellIn());
        if (poll.buffer().getShort(Poll.ENTRY_LENGTH + Poll.RETURNED_EVENTS_OFFSET) == 0) {
            return true;
        }
        String text = CaptureSocket.receive(socket, message);
        if (text != null && !text.isEmpty()) {
            try {
                counts = JSON.std.mapFrom(text);
            } catch (IOException e) {
                counts = null;
            }
        }
        return text == null;
    }

    /** Ends {@link #read} soon, in order. */
    public void stop() {
        stopping = true;
    }

    /** Whether it was the router that ended. */
    public boolean isOver() {
        return over;
    }

    /** Frames that the router captured, and those for which there was no room; null if it did not say. */
    public @Nullable Map<String, Object> counts() {
        return counts;
    }

    @Override
    public void close() {
        ring.close();
        Fd.close(socket);
        message.close();
        poll.close();
    }
}
