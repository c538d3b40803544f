// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.IOException;
import java.io.PrintStream;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.pcapng.PcapngWriter.Way;

/** Shows a line a frame, as tcpdump does. */
public final class Lines implements Sink {
    private static final int INDENTATION = 8;

    private final PrintStream out;
    private final WallTime wallTime = new WallTime();
    private final boolean linkLevel;
    private final boolean verbose;
    private final Dump ports;

    /**
     * Shows lines.
     *
     * @param linkLevel with Ethernet addresses
     * @param verbose   with everything that is in a frame
     * @param ports     knows their names
     */
    public Lines(PrintStream out, boolean linkLevel, boolean verbose, Dump ports) {
        this.out = out;
        this.linkLevel = linkLevel;
        this.verbose = verbose;
        this.ports = ports;
    }

    @Override
    public void sighting(Sighting sighting) {
        StringBuilder line = new StringBuilder(160);
        wallTime.append(line, sighting.time());
        boolean in = sighting.way() == Way.IN;
        line.append(' ').append(sighting.port().name()).append(in ? " in  " : " out ")
            .append(FrameText.line(sighting.bytes(), linkLevel));
        if (in && sighting.frame().cameFromRing()) {
            line.append(", ").append(Micros.of(sighting.frame().queuedNs())).append(" in ring");
        }
        Drop drop = sighting.frame().drop();
        if (drop != null) {
            line.append(", dropped: ").append(drop.label());
        } else if (in) {
            line.append(" -> ").append(String.join(" ", ports.names(sighting.frame().egresses())));
        }
        out.println(line);
        if (verbose) {
            out.println(FrameText.full(sighting.bytes()).indent(INDENTATION).stripTrailing());
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
        out.flush();
        if (out.checkError()) {
            throw new ReaderGoneException();
        }
    }

    @Override
    public void end(long time) {
        out.flush();
    }

    @Override
    public void close() {
        out.flush();
    }
}
