// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.Closeable;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.function.Function;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.capture.CaptureReader;
import org.nanorouter.router.capture.CaptureRequest;
import org.nanorouter.router.capture.CapturedFrame;
import org.nanorouter.router.capture.CapturedPort;
import org.nanorouter.router.capture.Direction;
import org.nanorouter.router.pcapng.PcapngWriter.Way;

/** Makes sightings of captured frames: one for each port that is meant, or one for each frame. */
public final class Dump implements CaptureReader.Listener, Closeable {
    private static final int MAX_PORTS = 64;

    private final @Nullable CapturedPort[] ports = new CapturedPort[MAX_PORTS];
    private final boolean[] wanted = new boolean[MAX_PORTS];
    private final long[] lost = new long[MAX_PORTS];
    /** Of ports that have gone, and of those of routers before the one that captures now. */
    private long lostBefore;
    private long lostWithEarlier;
    private final ConcurrentLinkedQueue<Happening> others = new ConcurrentLinkedQueue<>();
    private final CaptureRequest request;
    private final boolean oncePerFrame;
    private final long limit;
    private final UnaryOperator<String> printable;
    private final LongSupplier clock;
    private final long wallOffset;
    private final Sink sink;
    private boolean begun;
    private long sightings;

    /**
     * What a capture does.
     *
     * @param request      what the router was asked for
     * @param oncePerFrame whether a frame that was seen coming in is not shown going out
     * @param limit        sightings after which it ends; 0: none
     * @param printable    makes a name one that may be shown
     * @param wallOffset   what is to be added to CLOCK_MONOTONIC for nanoseconds since 1970
     * @param clock        {@code System.nanoTime()} or a test's
     * @param sink         makes where sightings go of who knows the ports' names
     */
    public Dump(CaptureRequest request, boolean oncePerFrame, long limit, UnaryOperator<String> printable,
            long wallOffset, LongSupplier clock, Function<Dump, Sink> sink) {
        this.request = request;
        this.oncePerFrame = oncePerFrame;
        this.limit = limit;
        this.printable = printable;
        this.wallOffset = wallOffset;
        this.clock = clock;
        this.sink = sink.apply(this);
    }

    /** Names of the ports of these bits. */
    List<String> names(long egresses) {
        List<String> names = new ArrayList<>();
        for (long rest = egresses; rest != 0; rest &= rest - 1) {
            CapturedPort port = ports[Long.numberOfTrailingZeros(rest)];
            names.add(port == null ? "?" : port.name());
        }
        return names;
    }

    /** Something that others tell of, on any thread; it gets its place among the frames when they next pause. */
    public void tell(Happening event) {
        others.add(event);
    }

    @Override
    public void portUp(CapturedPort port) throws IOException {
        int index = port.index();
        if (index < 0 || index >= MAX_PORTS) {
            return;
        }
        if (ports[index] != null) {
            // Its end found no room.
            portDown(index, "gone");
        }
        ports[index] = new CapturedPort(index, printable.apply(port.name()), printable.apply(port.kind()), port.epoch(),
            port.capacity());
        wanted[index] = request.ports().isEmpty() || request.ports().contains(port.name());
        if (begun && wanted[index]) {
            link(index, "up");
        }
    }

    @Override
    public void portDown(int index, String state) throws IOException {
        CapturedPort port = index >= 0 && index < MAX_PORTS ? ports[index] : null;
        if (port != null) {
            if (wanted[index]) {
                link(index, "down, " + printable.apply(state));
            }
            sink.portDown(port.name());
            forget(index);
        }
    }

    private void link(int index, String what) throws IOException {
        CapturedPort port = ports[index];
        if (port == null) {
            return;
        }
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("NANOROUTER_PORT", port.name());
        if (port.epoch() != 0) {
            fields.put("NANOROUTER_EPOCH", String.valueOf(port.epoch()));
        }
        sink.event(new Happening(clock.getAsLong() + wallOffset, "port " + port.name()
            + (port.epoch() == 0 ? "" : ", epoch " + port.epoch()) + ": " + what, fields));
    }

    private void forget(int index) {
        ports[index] = null;
        wanted[index] = false;
        lostBefore += lost[index];
        lost[index] = 0;
    }

    /** The router has gone; what another one captures then is behind a gap. */
    public void routerGone() throws IOException {
        for (int index = 0; index < MAX_PORTS; index++) {
            CapturedPort port = ports[index];
            if (port != null) {
                sink.portDown(port.name());
                forget(index);
            }
        }
        begun = false;
        lostWithEarlier = lost();
        sink.event(new Happening(clock.getAsLong() + wallOffset, "the router has gone", Map.of()));
    }

    @Override
    public void lost(int index, long frames) throws IOException {
        CapturedPort port = ports[index];
        lost[index] = frames;
        if (port != null) {
            sink.lost(port.name(), frames);
        }
    }

    @Override
    public void taken(int port, int position, long time) throws IOException {
        sink.taken(port, position, time + wallOffset);
    }

    @Override
    public boolean frame(CapturedFrame frame) throws IOException {
        begun = true;
        long time = frame.time() + wallOffset;
        if (sink.isOver(time)) {
            return false;
        }
        Direction direction = request.direction();
        boolean shown = false;
        if (direction != Direction.OUT && wanted[frame.port()]) {
            shown = sighting(frame, frame.port(), Way.IN, time);
        }
        if ((direction == Direction.OUT || direction == Direction.INOUT) && !(shown && oncePerFrame)) {
            for (long rest = frame.drop() == null ? frame.egresses() : 0; rest != 0 && isWithinLimit();
                    rest &= rest - 1) {
                int port = Long.numberOfTrailingZeros(rest);
                if (wanted[port]) {
                    sighting(frame, port, Way.OUT, time + frame.routerNs());
                }
            }
        }
        return isWithinLimit();
    }

    private boolean isWithinLimit() {
        return limit == 0 || sightings < limit;
    }

    private boolean sighting(CapturedFrame frame, int index, Way way, long time) throws IOException {
        CapturedPort port = ports[index];
        if (port == null) {
            return false;
        }
        sightings++;
        sink.sighting(new Sighting(frame, port, way, time));
        return true;
    }

    @Override
    public void pause() throws IOException {
        begun = true;
        for (Happening event = others.poll(); event != null; event = others.poll()) {
            sink.event(event);
        }
        sink.pause(clock.getAsLong() + wallOffset);
    }

    /**
     * The router's last word.
     *
     * @param all        frames for which there was no room
     * @param lostByPort the same of the ports that are there, by their index
     */
    public void losses(long all, List<?> lostByPort) throws IOException {
        for (int index = 0; index < Math.min(MAX_PORTS, lostByPort.size()); index++) {
            long frames = lostByPort.get(index) instanceof Number number ? number.longValue() : 0;
            if (frames != lost[index]) {
                lost(index, frames);
            }
        }
        // Of ports that have gone, and could not tell.
        lostBefore += Math.max(0, all - (lost() - lostWithEarlier));
    }

    /** The capture is over. */
    public void end() throws IOException {
        sink.end(clock.getAsLong() + wallOffset);
    }

    @Override
    public void close() throws IOException {
        sink.close();
    }

    /** Sightings that were shown or written. */
    public long sightings() {
        return sightings;
    }

    /** Frames for which there was no room. */
    public long lost() {
        long sum = lostBefore;
        for (long frames : lost) {
            sum += frames;
        }
        return sum;
    }
}
