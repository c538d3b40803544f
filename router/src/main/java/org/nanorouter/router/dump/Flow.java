// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.IOException;
import java.io.PrintStream;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.TreeMap;
import org.nanorouter.router.capture.CapturedFrame;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.LatencyHistogram;

/**
 * Follows each frame from where it came in to where it was taken, and says how long each hop took:
 *
 * <pre>
 *   ring  &gt; lay in the ring from a peer      router  &gt; from its receipt until it was sent
 *   &gt; ring  lay in the ring to a peer, until the peer had sent it on
 * </pre>
 *
 * A line waits for what the peer says of its end, at most {@value #MAX_WAIT_MS} ms.
 */
public final class Flow implements Sink {
    private static final int MAX_WAITING = 16_384;
    private static final long MAX_WAIT_MS = 500;
    private static final long MAX_WAIT_NS = MAX_WAIT_MS * 1_000_000;
    private static final long UNKNOWN = -1;
    private static final double MEDIAN = 0.5;
    private static final double ONE_IN_100 = 0.99;
    private static final String NOTHING = "-";

    private final PrintStream out;
    private final WallTime wallTime = new WallTime();
    private final Dump ports;
    private final Deque<Row> rows = new ArrayDeque<>();
    private final Map<String, Hops> paths = new TreeMap<>();

    /** One frame. */
    private static final class Row {
        final long time;
        final String from;
        final String to;
        final String frame;
        final String records;
        final long queuedNs;
        final long routerNs;
        /** Index of the port whose peer is to take it; -1: nobody is. */
        final int waitsFor;
        final int position;
        long peerNs = UNKNOWN;

        Row(Sighting sighting, String to, String text, int waitsFor) {
            CapturedFrame seen = sighting.frame();
            this.time = sighting.time();
            this.from = sighting.port().name();
            this.to = to;
            this.frame = text;
            this.queuedNs = seen.cameFromRing() ? seen.queuedNs() : UNKNOWN;
            this.routerNs = seen.routerNs();
            this.waitsFor = waitsFor;
            this.position = seen.nextPosition();
            this.records = (seen.cameFromRing() ? record(sighting, seen.sequence(), seen.position()) : "")
                + (waitsFor >= 0 ? ">#" + Integer.toUnsignedLong(seen.nextSequence()) : "");
        }

        private static String record(Sighting sighting, int sequence, int position) {
            return "#" + Integer.toUnsignedLong(sequence) + "@" + (position & sighting.port().capacity() - 1) + "/e"
                + sighting.port().epoch();
        }

        boolean isComplete() {
            return waitsFor < 0 || peerNs != UNKNOWN;
        }
    }

    /** All frames of one path. */
    private static final class Hops {
        final LatencyHistogram queued = new LatencyHistogram();
        final LatencyHistogram router = new LatencyHistogram();
        final LatencyHistogram peer = new LatencyHistogram();
    }

    /** Shows lines, and at the end a summary. */
    public Flow(PrintStream out, Dump ports) {
        this.out = out;
        this.ports = ports;
        out.println(line("TIME", "FROM", "RING>", "ROUTER", ">RING", "TOTAL us", "TO", "RECORDS", "FRAME"));
    }

    private static String line(String time, String... columns) {
        StringBuilder line = new StringBuilder(160);
        pad(line, time, 16);
        pad(line, columns[0], 13);
        for (int i = 1; i <= 4; i++) {
            line.append(" ".repeat(Math.max(0, 9 - columns[i].length()))).append(columns[i]);
        }
        line.append("  ");
        pad(line, columns[5], 13);
        pad(line, columns[6], 26);
        return line.append(columns[7]).toString();
    }

    private static void pad(StringBuilder line, String text, int width) {
        line.append(text).append(" ".repeat(Math.max(1, width - text.length())));
    }

    @Override
    public void sighting(Sighting sighting) {
        Drop drop = sighting.frame().drop();
        boolean waits = drop == null && sighting.frame().wentIntoRing();
        String to = drop == null ? String.join("+", ports.names(sighting.frame().egresses()))
            : "dropped: " + drop.label();
        rows.add(new Row(sighting, to, FrameText.line(sighting.bytes(), false),
            waits ? sighting.frame().nextPort() : -1));
        if (rows.size() > MAX_WAITING) {
            show(rows.remove());
        }
    }

    @Override
    public void taken(int port, int position, long time) {
        for (Row row : rows) {
            if (row.waitsFor == port && row.peerNs == UNKNOWN && position - row.position > 0) {
                row.peerNs = Math.max(0, time - row.time - row.routerNs);
            }
        }
    }

    @Override
    public void portDown(String name) {
        while (!rows.isEmpty()) {
            show(rows.remove());
        }
    }

    @Override
    public void event(Happening event) {
        StringBuilder line = new StringBuilder();
        wallTime.append(line, event.time());
        out.println(line.append(" -- ").append(event.text()));
    }

    @Override
    public void pause(long time) throws IOException {
        while (!rows.isEmpty() && (rows.element().isComplete() || time - rows.element().time > MAX_WAIT_NS)) {
            show(rows.remove());
        }
        out.flush();
        if (out.checkError()) {
            throw new ReaderGoneException();
        }
    }

    private void show(Row row) {
        StringBuilder time = new StringBuilder();
        wallTime.append(time, row.time);
        long total = row.routerNs + Math.max(0, row.queuedNs) + Math.max(0, row.peerNs);
        out.println(line(time.toString(), row.from, number(row.queuedNs), number(row.routerNs), number(row.peerNs),
            Micros.number(total), row.to, row.records.isEmpty() ? NOTHING : row.records, row.frame));
        Hops hops = paths.computeIfAbsent(row.from + " > " + row.to, path -> new Hops());
        record(hops.queued, row.queuedNs);
        record(hops.router, row.routerNs);
        record(hops.peer, row.peerNs);
    }

    private static void record(LatencyHistogram hop, long ns) {
        if (ns != UNKNOWN) {
            hop.record(ns);
        }
    }

    private static String number(long ns) {
        return ns == UNKNOWN ? NOTHING : Micros.number(ns);
    }

    @Override
    public void end(long time) {
        while (!rows.isEmpty()) {
            show(rows.remove());
        }
        paths.forEach((path, hops) -> {
            out.println();
            out.println(path + ": " + hops.router.count() + " frames");
            summary("in the ring from the peer", hops.queued);
            summary("in the router", hops.router);
            summary("in the ring to the peer, until it was sent on there", hops.peer);
        });
        out.flush();
    }

    private void summary(String hop, LatencyHistogram times) {
        if (times.count() > 0) {
            out.println("  p50 " + Micros.of(times.percentile(MEDIAN)) + ", p99 "
                + Micros.of(times.percentile(ONE_IN_100)) + ", max " + Micros.of(times.max()) + "  " + hop);
        }
    }

    @Override
    public void close() {
        out.flush();
    }
}
