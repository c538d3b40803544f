// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.IOException;
import java.io.OutputStream;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.capture.CapturedPort;
import org.nanorouter.router.pcapng.PcapngWriter;
import org.nanorouter.router.pcapng.PcapngWriter.Way;

/**
 * One section of a pcapng file. Each port has an interface for what came in and one for what went out, each made when
 * it is first needed; one for a port that comes back is a new one.
 */
final class PcapngFile implements FrameFile {
    private static final String APPLICATION = "nanorouter capture";
    private static final String IDENTIFIER = "nanorouter";

    private final PcapngWriter writer;
    private final int snapLength;
    private final String filter;
    private final List<Interface> all = new ArrayList<>();
    private final Map<String, Interface> in = new HashMap<>();
    private final Map<String, Interface> out = new HashMap<>();
    /** Of ports that have no interface for what came in. */
    private long lostElsewhere;

    /** What is told of an interface at the end. */
    private static final class Interface {
        final int number;
        long frames;
        long lost;

        Interface(int number) {
            this.number = number;
        }
    }

    /**
     * Begins the section.
     *
     * @param stream     gets whole blocks
     * @param snapLength bytes of a frame at most
     * @param filter     of the capture; empty: none
     */
    PcapngFile(OutputStream stream, int snapLength, String filter) throws IOException {
        this.writer = new PcapngWriter(stream);
        this.snapLength = snapLength;
        this.filter = filter;
        writer.section(APPLICATION, List.of());
    }

    @Override
    public void frame(Sighting sighting, FrameBytes bytes, @Nullable CharSequence comment) throws IOException {
        Interface at = at(sighting.port(), sighting.way());
        at.frames++;
        writer.packet(at.number, sighting.time(), bytes.memory(), bytes.offset(), bytes.captured(), bytes.length(),
            sighting.way(), sighting.frame().id(), comment);
    }

    private Interface at(CapturedPort port, Way way) throws IOException {
        Map<String, Interface> those = way == Way.IN ? in : out;
        Interface known = those.get(port.name());
        if (known == null) {
            String incarnation = port.epoch() == 0 ? "" : ", epoch " + port.epoch();
            known = new Interface(writer.addInterface(PcapngWriter.ETHERNET,
                port.name() + (way == Way.IN ? " in" : " out"),
                port.kind() + " " + port.name() + incarnation + ": what " + (way == Way.IN ? "came in" : "went out"),
                snapLength, filter));
            those.put(port.name(), known);
            all.add(known);
        }
        return known;
    }

    @Override
    public void event(Happening event) throws IOException {
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("MESSAGE", event.text());
        fields.put("PRIORITY", "6");
        fields.put("SYSLOG_IDENTIFIER", IDENTIFIER);
        fields.putAll(event.fields());
        writer.journal(event.time(), fields);
    }

    @Override
    public void portDown(String name) {
        in.remove(name);
        out.remove(name);
    }

    @Override
    public void lost(String port, long frames) {
        Interface known = in.get(port);
        if (known == null) {
            lostElsewhere += frames;
        } else {
            known.lost += frames;
        }
    }

    @Override
    public void end(long time) throws IOException {
        for (Interface one : all) {
            long lost = one.lost + lostElsewhere;
            lostElsewhere = 0;
            writer.statistics(one.number, time, one.frames + lost, lost);
        }
    }
}
