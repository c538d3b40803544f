// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.List;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;
import org.jspecify.annotations.Nullable;

/** Draws the picture: a title, the panes, and a line of keys. Pure. */
final class View {
    private static final double NOTICE_S = 10;
    private static final int BITS = 8;
    private static final int FEW_FLOWS = 3;
    private static final int CURVE = 12;

    private View() {
    }

    /** The lines of the screen, at most as many as it has. Limits how far the settings say that it is scrolled. */
    static List<AttributedString> draw(TopModel model, Settings settings, Look look) {
        List<AttributedString> lines = new ArrayList<>();
        lines.add(title(model, settings, look));
        if (settings.hasHelp()) {
            HelpPage.draw(lines, look, model.hasFlows());
        } else {
            drawPanes(lines, model, settings, look);
        }
        while (lines.size() < look.height() - 1) {
            lines.add(AttributedString.EMPTY);
        }
        // A screen of a line or two has no room for headings.
        lines.subList(Math.max(1, look.height() - 1), lines.size()).clear();
        if (look.height() > 1) {
            lines.add(foot(model, settings, look));
        }
        return lines;
    }

    /** The panes as plain text, in full. */
    static List<String> text(TopModel model, Settings settings, Look look) {
        List<String> lines = new ArrayList<>();
        lines.add(title(model, settings, look).toString());
        List<Pane> panes = panes(model, settings, look, false);
        for (Pane pane : panes) {
            lines.add("");
            pane.draw(0, pane.rows()).forEach(line -> lines.add(line.toString()));
        }
        return lines;
    }

    private static List<Pane> panes(TopModel model, Settings settings, Look look, boolean hasCurves) {
        List<Pane> panes = new ArrayList<>();
        if (settings.hasOses() && !model.oses().isEmpty()) {
            panes.add(new OsPane(model, settings, look));
        }
        if (settings.hasPorts()) {
            panes.add(new PortPane(model, settings, look, hasCurves));
        }
        if (settings.hasFlows() && model.hasFlows()) {
            panes.add(new FlowPane(model, settings, look));
        }
        return panes;
    }

    private static void drawPanes(List<AttributedString> lines, TopModel model, Settings settings, Look look) {
        List<Pane> panes = panes(model, settings, look, true);
        int room = Math.max(0, look.height() - 2);
        int wanted = 0;
        for (Pane pane : panes) {
            wanted += pane.rows() + 1;
        }
        boolean airy = wanted + panes.size() <= room;
        int[] rows = share(panes, airy ? room - panes.size() : room);
        Pane scrolled = scrolled(panes, rows);
        for (int i = 0; i < panes.size(); i++) {
            Pane pane = panes.get(i);
            if (rows[i] < 0) {
                continue;
            }
            int first = 0;
            if (pane == scrolled) {
                settings.limitScroll(pane.rows() - rows[i]);
                first = settings.scroll();
            }
            if (airy) {
                lines.add(AttributedString.EMPTY);
            }
            lines.addAll(pane.draw(first, rows[i]));
        }
        if (scrolled == null) {
            settings.limitScroll(0);
        }
    }

    /**
     * How many rows each pane gets, besides its headings; -1 if it is left out. Where not all fit, flows give way
     * first, then OSes down to a third of the screen, then ports.
     */
    private static int[] share(List<Pane> panes, int room) {
        int[] rows = new int[panes.size()];
        int excess = -room;
        for (int i = 0; i < rows.length; i++) {
            rows[i] = panes.get(i).rows();
            excess += rows[i] + 1;
        }
        excess = give(panes, rows, FlowPane.class, FEW_FLOWS, excess);
        excess = leaveOut(panes, rows, FlowPane.class, excess);
        excess = give(panes, rows, OsPane.class, Math.max(1, room / 3), excess);
        excess = give(panes, rows, PortPane.class, 1, excess);
        excess = leaveOut(panes, rows, OsPane.class, excess);
        excess = give(panes, rows, OsPane.class, 0, excess);
        give(panes, rows, PortPane.class, 0, excess);
        return rows;
    }

    private static int give(List<Pane> panes, int[] rows, Class<?> kind, int least, int excess) {
        int left = excess;
        for (int i = 0; i < rows.length; i++) {
            if (left > 0 && kind.isInstance(panes.get(i)) && rows[i] > least) {
                int given = Math.min(left, rows[i] - least);
                rows[i] -= given;
                left -= given;
            }
        }
        return left;
    }

    private static int leaveOut(List<Pane> panes, int[] rows, Class<?> kind, int excess) {
        int left = excess;
        for (int i = 0; i < rows.length; i++) {
            if (left > 0 && rows.length > 1 && kind.isInstance(panes.get(i))) {
                left -= rows[i] + 1;
                rows[i] = -1;
            }
        }
        return left;
    }

    /** The pane that the arrows move: the ports if they do not fit, else the first one that does not. */
    private static @Nullable Pane scrolled(List<Pane> panes, int[] rows) {
        @Nullable Pane found = null;
        for (int i = 0; i < rows.length; i++) {
            Pane pane = panes.get(i);
            if (rows[i] >= 0 && rows[i] < pane.rows() && (found == null || pane instanceof PortPane)) {
                found = pane;
            }
        }
        return found;
    }

    private static AttributedString title(TopModel model, Settings settings, Look look) {
        Palette palette = look.palette();
        Line line = new Line(look.width());
        Rates totals = model.totals();
        String rate = Quantity.scaled(totals.inBytes() * (settings.hasBits() ? BITS : 1),
                settings.hasBits() ? "bit/s" : "B/s");
        String frames = Quantity.scaled(totals.inFrames()) + " frames/s";
        line.add("nanorouter", palette.strong());
        if (settings.isPaused()) {
            line.spaces(1).add(" PAUSED ", palette.reverse());
        }
        Sample.Kernel kernel = model.kernel();
        if (model.kernelFailure() != null) {
            line.spaces(2).add("no nanokernel for " + Quantity.seconds(model.kernelSilentS()) + ": "
                    + model.kernelFailure(), palette.bad());
        } else if (kernel != null) {
            part(line, kernel.instance(), palette.text(), rate.length() + 2);
            part(line, "up " + Quantity.seconds(kernel.uptimeS()), palette.quiet(), rate.length() + 2);
        }
        if (model.isEmpty()) {
            return line.spaces(2).add("asking ...", palette.quiet()).done();
        }
        routers(model, line, palette, rate.length() + 2);
        // At the right end, as far as it fits.
        int needed = rate.length() + 2;
        boolean hasFrames = line.left() >= needed + frames.length() + 2;
        needed += hasFrames ? frames.length() + 2 : 0;
        boolean hasCurve = palette != Palette.PLAIN && line.left() >= needed + CURVE + 1;
        needed += hasCurve ? CURVE + 1 : 0;
        if (line.left() >= needed) {
            line.spaces(palette == Palette.PLAIN ? 2 : line.left() - needed + 2);
            if (hasCurve) {
                line.add(Sparkline.draw(model.total().parts(CURVE, model.nowNs()), 1, look.isUnicode()),
                        palette.curve()).spaces(1);
            }
            line.add(rate, palette.strong());
            if (hasFrames) {
                line.spaces(2).add(frames, palette.text());
            }
        }
        return line.done();
    }

    private static void routers(TopModel model, Line line, Palette palette, int reserve) {
        int routers = 0;
        int standbys = 0;
        for (TopModel.RouterTrack track : model.routers()) {
            if (track.failure() == null) {
                routers++;
                standbys += track.router().standbys();
                if ("lost".equals(track.router().nanokernel())) {
                    part(line, "router of " + track.router().os() + ": nanokernel lost", palette.bad(), reserve);
                }
            }
        }
        part(line, routers + (routers == 1 ? " router" : " routers")
                + (standbys == 0 ? "" : ", " + standbys + " standing by"), palette.quiet(), reserve);
    }

    /** A part of the title, if something else still has room then. */
    private static void part(Line line, String text, AttributedStyle style, int reserve) {
        if (line.left() >= text.length() + 2 + reserve) {
            line.spaces(2).add(text, style);
        }
    }

    private static AttributedString foot(TopModel model, Settings settings, Look look) {
        Palette palette = look.palette();
        Line line = new Line(look.width());
        if (settings.isTyping()) {
            line.add("filter: ", palette.strong()).add(settings.filter(), palette.text()).add("_", palette.quiet());
            return line.add("   Enter keeps it, Esc removes it", palette.quiet()).done();
        }
        if (!settings.filter().isEmpty()) {
            line.add("filter " + settings.filter(), palette.warning()).spaces(2);
        }
        Notice notice = model.notice();
        if (notice != null && (model.nowNs() - notice.atNs()) / 1e9 < NOTICE_S) {
            return line.add(notice.text(), notice.bad() ? palette.bad() : palette.warning()).done();
        }
        String[] keys = {"q", "quit", "?", "help", "s", "sort", "r", "reverse", "b", settings.hasBits() ? "bytes"
                : "bits", "/", "filter", "space", settings.isPaused() ? "go on" : "pause", "o", "OSes", "p", "ports"};
        for (int i = 0; i < keys.length; i += 2) {
            if (line.left() >= keys[i].length() + keys[i + 1].length() + 1) {
                line.add(keys[i], palette.strong()).add(" " + keys[i + 1], palette.quiet()).spaces(2);
            }
        }
        if (model.hasFlows() && line.left() >= "f flows".length()) {
            line.add("f", palette.strong()).add(" flows", palette.quiet());
        }
        return line.done();
    }
}
