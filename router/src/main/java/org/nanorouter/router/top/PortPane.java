// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import org.jline.utils.AttributedStyle;
import org.jspecify.annotations.Nullable;

/** The ports of all routers. A router that does not answer has one row in their place. */
final class PortPane extends Pane {
    private static final int OS = 0;
    private static final int NAME = 1;
    private static final int KIND = 2;
    private static final int STATE = 3;
    private static final int IN = 4;
    private static final int OUT = 5;
    private static final int IN_FRAMES = 6;
    private static final int OUT_FRAMES = 7;
    private static final int CURVE = 8;
    private static final int RING = 9;
    private static final int DROPS = 10;
    private static final int WHY = 11;
    private static final int BITS = 8;
    private static final int PERCENT = 4;
    private static final int BAR = 10;
    /** Below, the end of a name is worth less than a number. */
    private static final int NARROW = 60;
    private static final int MAX_NAME = 24;
    private static final int MAX_WHY = 60;
    /** Bytes a second that are no mountain in a curve. */
    private static final double FLOOR = 2000;
    private static final double HIGH = 0.5;
    private static final double FULL = 0.9;

    private final TopModel model;
    private final Settings settings;
    private final boolean hasCurve;
    private final List<PortTrack> ports = new ArrayList<>();
    private final List<TopModel.RouterTrack> silent = new ArrayList<>();
    private boolean hasRings;

    PortPane(TopModel model, Settings settings, Look look, boolean hasCurve) {
        super(look);
        this.model = model;
        this.settings = settings;
        this.hasCurve = hasCurve;
        for (PortTrack track : model.ports()) {
            if (settings.admits(track.port().name()) || settings.admits(track.os())) {
                ports.add(track);
                hasRings |= track.port().ringCapacity() > 0;
            }
        }
        for (TopModel.RouterTrack router : model.routers()) {
            if (router.failure() != null) {
                silent.add(router);
            }
        }
        ports.sort(order());
    }

    private Comparator<PortTrack> order() {
        Settings.Sort sort = settings.sort();
        int sign = settings.isReversed() ? -1 : 1;
        return (a, b) -> {
            int numbers = sort == Settings.Sort.NAME ? 0 : Double.compare(key(sort, b), key(sort, a));
            return sign * (numbers == 0 ? name(a).compareTo(name(b)) : numbers);
        };
    }

    private static double key(Settings.Sort sort, PortTrack track) {
        Rates rates = track.rates();
        if (rates == null) {
            return 0;
        }
        return switch (sort) {
            case RATE -> rates.inBytes() + rates.outBytes();
            case FRAMES -> rates.inFrames() + rates.outFrames();
            case DROPS -> rates.drops();
            case NAME -> 0;
        };
    }

    private static String name(PortTrack track) {
        return track.os() + "/" + track.port().name();
    }

    @Override
    int order(Column column) {
        int shown = switch (settings.sort()) {
            case RATE -> IN;
            case FRAMES -> IN_FRAMES;
            case DROPS -> DROPS;
            case NAME -> NAME;
        };
        // Names from A to Z go up.
        boolean down = settings.isReversed() == (settings.sort() == Settings.Sort.NAME);
        return column.id() != shown ? 0 : down ? 1 : -1;
    }

    @Override
    int rows() {
        return silent.size() + ports.size();
    }

    @Override
    List<Column> columns() {
        int os = 2;
        int name = 4;
        int kind = 4;
        int state = "STATE".length();
        int why = 0;
        for (PortTrack track : ports) {
            os = Math.max(os, track.os().length());
            name = Math.max(name, track.port().name().length());
            kind = Math.max(kind, track.port().kind().length());
            state = Math.max(state, track.port().state().length());
            why = Math.max(why, why(track.rates()).length());
        }
        for (TopModel.RouterTrack router : silent) {
            os = Math.max(os, router.router().os().length());
        }
        boolean several = model.routers().size() > 1 || !silent.isEmpty();
        String unit = settings.hasBits() ? "bit/s" : "byte/s";
        int rate = "OUT ".length() + unit.length();
        boolean wide = look.width() >= WIDE;
        int ring = hasCurve ? BAR + 1 + PERCENT : PERCENT;
        return List.of(new Column(OS, "OS", false, 0, several ? Math.min(os, 8) : 0, Math.min(os, MAX_NAME)),
                new Column(NAME, "PORT", false, 0, Math.min(name, look.width() < NARROW ? 10 : 20),
                        Math.min(name, MAX_NAME)),
                new Column(KIND, "KIND", false, 9, kind, kind),
                new Column(STATE, "STATE", false, 5, state, state),
                new Column(IN, "IN " + unit, true, 1, rate, rate),
                new Column(OUT, "OUT " + unit, true, 1, rate, rate),
                new Column(IN_FRAMES, "IN frm/s", true, 6, 8, 9),
                new Column(OUT_FRAMES, "OUT frm/s", true, 7, 9, 9),
                new Column(CURVE, "LAST 60 s", false, 3, !hasCurve ? 0 : wide ? 20 : 10, 30),
                new Column(RING, "RING", false, 4, !hasRings ? 0 : wide ? ring : PERCENT, ring),
                new Column(DROPS, "DROP/s", true, 2, 6, 7),
                new Column(WHY, "WHY", false, 8, Math.min(why, 12), Math.min(why, MAX_WHY)));
    }

    @Override
    void cell(int row, Column column, int width, Line line) {
        if (row < silent.size()) {
            silentCell(silent.get(row), column, width, line);
            return;
        }
        PortTrack track = ports.get(row - silent.size());
        Sample.Port port = track.port();
        Palette palette = look.palette();
        Rates rates = track.rates();
        switch (column.id()) {
            case OS -> line.cell(track.os(), width, false, palette.text());
            case NAME -> line.cell(port.name(), width, false, palette.text());
            case KIND -> line.cell(port.kind(), width, false, palette.quiet());
            case STATE -> line.cell(port.state(), width, false, state(port.state()));
            case IN -> rate(rates == null ? -1 : rates.inBytes(), true, width, line);
            case OUT -> rate(rates == null ? -1 : rates.outBytes(), true, width, line);
            case IN_FRAMES -> rate(rates == null ? -1 : rates.inFrames(), false, width, line);
            case OUT_FRAMES -> rate(rates == null ? -1 : rates.outFrames(), false, width, line);
            case CURVE -> line.cell(curve(track.history(), width), width, false, palette.curve());
            case RING -> ring(port, width, line);
            case DROPS -> line.cell(rates == null ? "-" : Quantity.scaled(rates.drops()), width, true,
                    rates == null || rates.drops() == 0 ? palette.quiet() : palette.bad());
            default -> line.cell(why(rates), width, false, palette.warning());
        }
    }

    private void silentCell(TopModel.RouterTrack router, Column column, int width, Line line) {
        if (column.id() == OS) {
            line.cell(router.router().os(), width, false, look.palette().bad());
        } else if (column.id() == NAME) {
            // The row has nothing else, so it may go on over the other columns.
            line.add("no router for " + Quantity.seconds(router.silentS(model.nowNs())) + ": " + router.failure(),
                    look.palette().bad());
        }
    }

    private AttributedStyle state(String state) {
        return switch (state) {
            case "up" -> look.palette().good();
            case "failed", "quarantined" -> look.palette().bad();
            default -> look.palette().warning();
        };
    }

    private void rate(double amount, boolean bytes, int width, Line line) {
        String text = amount < 0 ? "-" : Quantity.scaled(bytes && settings.hasBits() ? amount * BITS : amount);
        line.cell(text, width, true, amount <= 0 ? look.palette().quiet() : look.palette().text());
    }

    private String curve(History history, int width) {
        return Sparkline.draw(history.parts(width, model.nowNs()), FLOOR, look.isUnicode());
    }

    private void ring(Sample.Port port, int width, Line line) {
        Palette palette = look.palette();
        if (port.ringCapacity() <= 0) {
            line.spaces(width);
            return;
        }
        double part = (double) port.ringUsed() / port.ringCapacity();
        AttributedStyle style = part >= FULL ? palette.bad() : part >= HIGH ? palette.warning()
                : part < 0.005 ? palette.quiet() : palette.text();
        String percent = Math.round(part * 100) + "%";
        int bar = width - PERCENT - 1;
        if (bar > 0) {
            int filled = part <= 0.005 ? 0 : (int) Math.ceil(Math.min(1, part) * bar);
            line.add((look.isUnicode() ? "\u2501" : "=").repeat(filled), style);
            line.add((look.isUnicode() ? "\u2500" : "-").repeat(bar - filled), palette.quiet());
            line.cell(percent, PERCENT + 1, true, style);
        } else {
            line.cell(percent, width, true, style);
        }
    }

    /** The reasons, the most frequent first. */
    private static String why(@Nullable Rates rates) {
        if (rates == null || rates.why().isEmpty()) {
            return "";
        }
        List<Map.Entry<String, Double>> reasons = new ArrayList<>(rates.why().entrySet());
        reasons.sort((a, b) -> Double.compare(b.getValue(), a.getValue()));
        StringBuilder text = new StringBuilder();
        for (Map.Entry<String, Double> reason : reasons) {
            text.append(text.length() == 0 ? "" : ", ").append(reason.getKey());
            if (reasons.size() > 1) {
                text.append(' ').append(Quantity.scaled(reason.getValue()));
            }
        }
        return text.toString();
    }
}
