// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortState;
import org.nanorouter.shim.Errno;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Capture files as a wire: what comes in is replayed from one, what goes out is recorded in another.
 *
 * <p>Replay begins with the first {@link #receive}. It ends at the file's end or at a record that cannot be read; the
 * port has ended then, unless it records. Without a recording, what goes out vanishes.
 */
final class PcapWire implements Wire {
    private static final Logger LOG = LoggerFactory.getLogger(PcapWire.class);

    private final PcapOptions options;
    /** What turns the loop's time into nanoseconds since 1970. */
    private final long wallOffset;
    private @Nullable PcapReplay replay;
    private @Nullable PcapRecorder recorder;
    /** The next frame, read and not yet due. */
    private byte @Nullable [] waiting;
    private boolean started;
    /** What turns a timestamp of the file into the loop's time. */
    private long replayOffset;
    private long dueAt;
    private long replayed;
    private long recorded;

    private PcapWire(PcapOptions options, long wallOffset) {
        this.options = options;
        this.wallOffset = wallOffset;
    }

    static PcapWire open(PcapOptions options, long wallOffset) throws IOException {
        PcapWire wire = new PcapWire(options, wallOffset);
        Path source = options.replay();
        Path sink = options.record();
        if (source != null) {
            wire.replay = PcapReplay.open(source);
        }
        try {
            if (sink != null) {
                wire.recorder = PcapRecorder.create(sink, options.nanoseconds());
            }
        } catch (IOException e) {
            wire.close();
            throw new IOException("cannot record to " + sink + ": " + e.getMessage(), e);
        }
        return wire;
    }

    @Override
    public String kind() {
        return "pcap";
    }

    @Override
    public PortState state() {
        return replay == null && recorder == null ? PortState.ENDED : PortState.UP;
    }

    @Override
    public int readinessDescriptor() {
        return Port.NO_DESCRIPTOR;
    }

    @Override
    public long nextReceiveAt() {
        if (replay == null) {
            return Port.NEVER;
        }
        return started && options.pace() == Pace.TIMESTAMPS ? dueAt : AT_ONCE;
    }

    @Override
    public int receive(FrameSlots slots, long now) {
        int count = 0;
        while (count < slots.capacity() && look(now)) {
            byte[] frame = waiting;
            if (frame == null) {
                break;
            }
            waiting = null;
            replayed++;
            if (frame.length > slots.maxFrame()) {
                slots.result(count, -Errno.EMSGSIZE);
            } else {
                slots.memory().put(slots.frameOffset(count), frame);
                slots.result(count, frame.length);
            }
            count++;
        }
        return count;
    }

    /** Whether a frame is waiting that is due. */
    private boolean look(long now) {
        PcapReplay source = replay;
        if (waiting == null && source != null) {
            try {
                waiting = source.next();
                if (!started) {
                    started = true;
                    replayOffset = now - source.timestamp();
                }
                dueAt = source.timestamp() + replayOffset;
            } catch (IOException e) {
                LOG.warn("replay of {} stops: {}", options.replay(), e.getMessage());
            }
            if (waiting == null) {
                source.close();
                replay = null;
            }
        }
        return waiting != null && (options.pace() == Pace.FAST || now - dueAt >= 0);
    }

    @Override
    public int send(FrameSlots slots, int first, int count, long now) {
        PcapRecorder sink = recorder;
        if (sink == null) {
            if (options.record() != null) {
                slots.result(first, -Errno.EIO);
                return 0;
            }
            for (int i = first; i < first + count; i++) {
                slots.result(i, slots.length(i));
            }
            return count;
        }
        try {
            for (int i = first; i < first + count; i++) {
                sink.add(slots.memory(), slots.frameOffset(i), slots.length(i), now + wallOffset);
                slots.result(i, slots.length(i));
            }
            sink.flush();
            recorded += count;
            return count;
        } catch (IOException e) {
            LOG.warn("recording to {} stops: {}", options.record(), e.getMessage());
            closeRecorder();
            slots.result(first, -Errno.EIO);
            return 0;
        }
    }

    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        Path source = options.replay();
        Path sink = options.record();
        if (source != null) {
            details.put("replay", source.toString());
            details.put("pace", options.pace().label());
            details.put("replayed_frames", replayed);
        }
        if (sink != null) {
            details.put("record", sink.toString());
            details.put("recorded_frames", recorded);
        }
        return details;
    }

    private void closeRecorder() {
        PcapRecorder sink = recorder;
        recorder = null;
        if (sink != null) {
            try {
                sink.close();
            } catch (IOException e) {
                LOG.warn("closing {}: {}", options.record(), e.getMessage());
            }
        }
    }

    @Override
    public void close() {
        PcapReplay source = replay;
        replay = null;
        if (source != null) {
            source.close();
        }
        closeRecorder();
    }
}
