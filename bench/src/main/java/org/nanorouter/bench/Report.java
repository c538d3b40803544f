// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** Collects the rounds of every contender; prints medians and ratios as a table or as JSON. Used by one thread. */
final class Report {
    private final Map<Contender, EnumMap<Figure, List<Double>>> rounds = new EnumMap<>(Contender.class);
    private final Map<Contender, String> skipped = new EnumMap<>(Contender.class);

    void add(Contender contender, Map<Figure, Double> figures) {
        EnumMap<Figure, List<Double>> all = rounds.computeIfAbsent(contender, key -> new EnumMap<>(Figure.class));
        figures.forEach((figure, value) -> all.computeIfAbsent(figure, key -> new ArrayList<>()).add(value));
    }

    /** Notes why a contender has no figures (or fewer rounds than the others). */
    void skip(Contender contender, String reason) {
        skipped.put(contender, reason);
    }

    boolean isSkipped(Contender contender) {
        return skipped.containsKey(contender);
    }

    /** Median over the rounds, NaN if there is none. */
    double median(Contender contender, Figure figure) {
        List<Double> values = rounds.containsKey(contender) ? rounds.get(contender).get(figure) : null;
        if (values == null) {
            return Double.NaN;
        }
        List<Double> sorted = new ArrayList<>(values);
        Collections.sort(sorted);
        int middle = sorted.size() / 2;
        return sorted.size() % 2 == 1 ? sorted.get(middle) : (sorted.get(middle - 1) + sorted.get(middle)) / 2;
    }

    void printJson(PrintWriter out, List<Contender> contenders) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        for (Contender contender : contenders) {
            Map<String, Object> one = new LinkedHashMap<>();
            for (Figure figure : Figure.values()) {
                double value = median(contender, figure);
                one.put(figure.key(), Double.isNaN(value) ? null : Math.round(value * 1000) / 1000.0);
            }
            if (isSkipped(contender)) {
                one.put("skipped", skipped.get(contender));
            }
            all.put(contender.key(), one);
        }
        out.println(JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT, JSON.Feature.WRITE_NULL_PROPERTIES)
                .asString(all));
    }

    void printTable(PrintWriter out, List<Contender> contenders) {
        StringBuilder header = new StringBuilder(String.format("%-12s", ""));
        for (Figure figure : Figure.values()) {
            header.append(String.format("%20s", figure.title()));
        }
        out.println(header);
        for (Contender contender : contenders) {
            out.println(row(contender));
        }
        out.println();
        out.println("Medians; in brackets the ratio to veth.");
        skipped.forEach((contender, reason) -> out.println(contender.key() + ": " + reason));
        if (contenders.contains(Contender.NANOROUTER)) {
            printVerdicts(out, contenders);
        }
    }

    private String row(Contender contender) {
        StringBuilder row = new StringBuilder(String.format("%-12s", contender.key()));
        for (Figure figure : Figure.values()) {
            double value = median(contender, figure);
            String text = Double.isNaN(value) ? "-" : format(value) + ratio(value, median(Contender.VETH, figure));
            row.append(String.format("%20s", text));
        }
        return row.toString();
    }

    private void printVerdicts(PrintWriter out, List<Contender> contenders) {
        for (Figure figure : Figure.values()) {
            Contender best = null;
            for (Contender contender : contenders) {
                boolean peer = contender != Contender.NANOROUTER && contender != Contender.VETH;
                double value = median(contender, figure);
                if (peer && !Double.isNaN(value) && (best == null || better(figure, value, median(best, figure)))) {
                    best = contender;
                }
            }
            double ours = median(Contender.NANOROUTER, figure);
            if (best != null && !Double.isNaN(ours)) {
                out.println(String.format(Locale.ROOT, "%s: nanorouter is %.2f times the best peer (%s)",
                        figure.title(), ours / median(best, figure), best.key()));
            }
        }
    }

    private static boolean better(Figure figure, double a, double b) {
        return figure.moreIsBetter() ? a > b : a < b;
    }

    private static String ratio(double value, double limit) {
        return Double.isNaN(limit) ? "" : String.format(Locale.ROOT, " (%.2f)", value / limit);
    }

    private static String format(double value) {
        return value >= 100 ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, "%.2f", value);
    }
}
