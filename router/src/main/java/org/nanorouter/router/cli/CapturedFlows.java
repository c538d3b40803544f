// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.capture.CaptureReader;
import org.nanorouter.router.capture.CaptureRequest;
import org.nanorouter.router.capture.CaptureServer;
import org.nanorouter.router.capture.CapturedFrame;
import org.nanorouter.router.capture.CapturedPort;
import org.nanorouter.router.capture.Direction;
import org.nanorouter.router.dump.FlowTable;
import org.nanorouter.router.top.Daemons;
import org.nanorouter.router.top.Flow;
import org.nanorouter.router.top.FlowSource;

/** The flows of a machine, from a capture of each router that takes one frame in so many, and of these the headers. */
final class CapturedFlows implements FlowSource {
    /** Primes: a sample that keeps step with a protocol sees one side of it. */
    private static final int[] SAMPLES = {1, 7, 61, 499};
    /** Frames of a round; with more the sample gets coarser, with fewer than a sixteenth finer. */
    private static final int MANY = 4000;
    private static final int FEW = MANY / 16;
    /** Ethernet with a tag, an IPv6 header, and ports. */
    private static final int HEADERS = 96;
    private static final int PAUSE = 10;
    private static final int CAPACITY = 1 << 20;

    private final Daemons daemons;
    private final LongSupplier clock;
    private final Map<Path, Tap> taps = new HashMap<>();
    private long lastAt;

    CapturedFlows(Daemons daemons, LongSupplier clock) {
        this.daemons = daemons;
        this.clock = clock;
        this.lastAt = clock.getAsLong();
    }

    /** A capture of one router. */
    private static final class Tap implements CaptureReader.Listener, AutoCloseable {
        final FlowTable flows = new FlowTable();
        private final Path socket;
        private @Nullable CaptureReader reader;
        private int step;
        private int frames;
        /** Rounds until it is asked again. */
        private int pause;

        Tap(Path socket) {
            this.socket = CaptureServer.beside(socket);
        }

        void read() {
            frames = 0;
            if (pause > 0) {
                pause--;
                return;
            }
            try {
                CaptureReader current = reader;
                if (current == null) {
                    CaptureRequest request = new CaptureRequest(List.of(), Direction.IN, new byte[0], HEADERS, CAPACITY,
                        false, SAMPLES[step]);
                    reader = CaptureReader.open(socket, request, CaptureReader.SHORT_MS);
                } else if (!current.poll(this)) {
                    close();
                } else if (frames > MANY && step < SAMPLES.length - 1) {
                    close();
                    step++;
                } else if (frames < FEW && step > 0) {
                    close();
                    step--;
                }
            } catch (IOException e) {
                // A router that has gone, is stopped, or has as many captures as it may: a later round asks again.
                close();
                pause = PAUSE;
            }
        }

        @Override
        public boolean frame(CapturedFrame captured) {
            frames++;
            flows.add(captured.memory(), captured.frameOffset(), captured.capturedLength(), captured.length(),
                SAMPLES[step]);
            return true;
        }

        @Override
        public void portUp(CapturedPort port) {
        }

        @Override
        public void portDown(int index, String state) {
        }

        @Override
        public void lost(int port, long count) {
        }

        @Override
        public void taken(int port, int position, long time) {
        }

        @Override
        public void pause() {
        }

        @Override
        public void close() {
            if (reader != null) {
                reader.close();
                reader = null;
            }
        }
    }

    @Override
    public List<Flow> flows(int most) {
        long now = clock.getAsLong();
        long elapsed = now - lastAt;
        lastAt = now;
        try {
            Map<String, Path> routers = daemons.routers();
            taps.entrySet().removeIf(entry -> {
                boolean gone = !routers.containsValue(entry.getKey());
                if (gone) {
                    entry.getValue().close();
                }
                return gone;
            });
            routers.values().forEach(socket -> taps.computeIfAbsent(socket, Tap::new));
        } catch (IOException e) {
            // As many as before.
            return List.of();
        }
        Map<String, Flow> largest = new HashMap<>();
        for (Tap tap : taps.values()) {
            tap.read();
            // A flow that crosses two routers is one.
            for (Flow flow : tap.flows.take(elapsed)) {
                largest.merge(flow.source() + " " + flow.destination() + " " + flow.protocol(), flow,
                    (one, other) -> one.bytes() >= other.bytes() ? one : other);
            }
        }
        Stream<Flow> sorted = largest.values().stream().sorted(Comparator.comparingDouble(Flow::bytes).reversed());
        return sorted.limit(most).toList();
    }

    @Override
    public void close() {
        taps.values().forEach(Tap::close);
    }
}
