// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.control.SocketFile;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.shim.Doorbell;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.UnixSocket;

/** A capture at the end of who reads it. One thread at a time; {@link #stop} is for any. */
public final class CaptureReader implements AutoCloseable {
    /** For {@link #open}: for who has nothing else to do, and for who has. */
    public static final int PATIENT_MS = 10_000;
    public static final int SHORT_MS = 300;
    private static final int BATCH = 256;
    /** How long {@link #stop} may go unnoticed. */
    private static final int STOP_LOOK_MS = 100;
    /** Between two looks at a ring that is being filled; of a small frame's line or file nobody sees it. */
    private static final long PAUSE_NS = 2_000_000;
    /** A look that found more than this part of the ring's capacity is followed by the next one at once. */
    private static final int BUSY_PART = 4;
    /** In place of a number of bytes: the listener wants no more. */
    private static final long ENOUGH = -1;

    private final int socket;
    private final CaptureRing ring;
    private final RingConsumer consumer;
    private final NativeBuffer message;
    private final boolean follow;
    private final int capacity;
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

        /**
         * If it follows: of the ring to a peer everything before this position was taken at this time or before, since
         * not each batch of the peer's is seen.
         */
        void taken(int port, int position, long time) throws IOException;

        /** A frame, valid during this call; false: no more. */
        boolean frame(CapturedFrame captured) throws IOException;

        /** Everything that was there has been told. */
        void pause() throws IOException;
    }

    private CaptureReader(int socket, CaptureRing ring, NativeBuffer message, CaptureRequest request) {
        this.socket = socket;
        this.follow = request.follow();
        this.capacity = request.capacity();
        this.ring = ring;
        this.consumer = ring.consumer();
        this.message = message;
    }

    /**
     * Begins a capture.
     *
     * @param path   capture socket of the router
     * @param waitMs how long its answer is waited for
     * @throws IOException if nobody listens, or the router says no
     */
    public static CaptureReader open(Path path, CaptureRequest request, int waitMs) throws IOException {
        requireSocket(path);
        int socket = Errno.check(UnixSocket.connectSeqPacket(path.toString()), "connect to " + path);
        NativeBuffer message = NativeBuffer.allocate(CaptureSocket.BUFFER_LENGTH);
        int[] descriptors = {};
        try {
            requireOwner(path, socket);
            CaptureSocket.send(socket, message, JSON.std.asString(request.toJson()));
            String text = await(socket, message, waitMs);
            descriptors = CaptureSocket.descriptors(message);
            Map<String, Object> answer = JSON.std.mapFrom(text);
            if (answer == null || !Boolean.TRUE.equals(answer.get("ok"))) {
                throw new IOException(answer == null ? "the router's answer is none" : String.valueOf(
                    answer.get("error")));
            }
            int[] ours = descriptors;
            descriptors = new int[0];
            return new CaptureReader(socket, CaptureRing.open(ours, request.capacity()), message, request);
        } catch (IOException e) {
            for (int descriptor : descriptors) {
                Fd.close(descriptor);
            }
            Fd.close(socket);
            message.close();
            throw e;
        }
    }

    /** The directory is the OS's own: what is there may be anything, also a link to the socket of another OS. */
    private static void requireSocket(Path path) throws IOException {
        if (!SocketFile.isSocket(path)) {
            throw new IOException(path + " is not a socket");
        }
    }

    /** Between the look and the connection the OS may have put a link in the socket's place. */
    private static void requireOwner(Path path, int socket) throws IOException {
        int pid = UnixSocket.peerPid(socket);
        // In a PID namespace of its own, where this look is not possible, there are no other OSes.
        if (pid > 0 && !Files.getOwner(Path.of("/proc/" + pid)).equals(
                Files.getOwner(path.toAbsolutePath().getParent(), LinkOption.NOFOLLOW_LINKS))) {
            throw new IOException("who listens at " + path + " is not the OS's root");
        }
    }

    private static String await(int socket, NativeBuffer message, int waitMs) throws IOException {
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            entry.buffer().putInt(Poll.FD_OFFSET, socket).putShort(Poll.EVENTS_OFFSET, Poll.IN);
            if (Poll.poll(entry.address(), 1, waitMs) <= 0) {
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
        long bytes = 0;
        while (bytes != ENOUGH && !stopping && !over) {
            bytes = readWhatIsThere(listener);
            if (bytes == 0 && !stopping && !consumer.askForWake() && !look(STOP_LOOK_MS)) {
                over = true;
            } else if (bytes > 0 && bytes < capacity / BUSY_PART) {
                // Who streams shall not wake this process for each batch: that costs the router more than the copy.
                LockSupport.parkNanos(PAUSE_NS);
            }
        }
        finish(listener, bytes != ENOUGH);
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
                counts = JSON.std.mapFrom(await(socket, message, PATIENT_MS));
            } catch (IOException e) {
                // It died just now; what it had captured is there.
                over = true;
            }
        }
        if (wants) {
            readWhatIsThere(listener);
        }
    }

    /** As much as the ring can hold, lest a router that never pauses is listened to for ever; how much that was. */
    private long readWhatIsThere(Listener listener) throws IOException {
        int unreleased = 0;
        long bytes = 0;
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
            bytes += RecordDescriptor.span(consumer.length());
            if (++unreleased == BATCH || !more) {
                consumer.release();
                unreleased = 0;
            }
            if (!more) {
                return ENOUGH;
            }
            if (bytes >= capacity) {
                break;
            }
        }
        consumer.release();
        listener.pause();
        return bytes;
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
        if (note == null || !(note.get("index") instanceof Number)) {
            throw new IOException("the router wrote what is no note");
        }
        int index = (int) number(note.get("index"));
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
