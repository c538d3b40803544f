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
        return median(values(contender, figure));
    }

    /**
     * Median over the rounds of how many times the other's figure the contender's is, NaN if there is none. The two
     * figures of a round are taken shortly after each other, so what slows down the whole machine slows down both.
     */
    double ratio(Contender contender, Contender other, Figure figure) {
        List<Double> values = values(contender, figure);
        List<Double> others = values(other, figure);
        List<Double> ratios = new ArrayList<>();
        for (int round = 0; round < Math.min(values.size(), others.size()); round++) {
            ratios.add(values.get(round) / others.get(round));
        }
        return median(ratios);
    }

    private List<Double> values(Contender contender, Figure figure) {
        return rounds.containsKey(contender) ? rounds.get(contender).getOrDefault(figure, List.of()) : List.of();
    }

    static double median(List<Double> values) {
        if (values.isEmpty()) {
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
        out.println("Medians over the rounds; in brackets the median of the ratios to veth in the same round.");
        skipped.forEach((contender, reason) -> out.println(contender.key() + ": " + reason));
        if (contenders.contains(Contender.NANOROUTER)) {
            printVerdicts(out, contenders);
        }
    }

    private String row(Contender contender) {
        StringBuilder row = new StringBuilder(String.format("%-12s", contender.key()));
        for (Figure figure : Figure.values()) {
            double value = median(contender, figure);
            String ratio = brackets(ratio(contender, Contender.VETH, figure));
            String text = Double.isNaN(value) ? "-" : format(value) + ratio;
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
            double ratio = best == null ? Double.NaN : ratio(Contender.NANOROUTER, best, figure);
            if (!Double.isNaN(ratio)) {
                out.println(String.format(Locale.ROOT, "%s: nanorouter is %.2f times the best peer (%s)",
                        figure.title(), ratio, best.key()));
            }
        }
    }

    private static boolean better(Figure figure, double a, double b) {
        return figure.moreIsBetter() ? a > b : a < b;
    }

    private static String brackets(double ratio) {
        return Double.isNaN(ratio) ? "" : String.format(Locale.ROOT, " (%.2f)", ratio);
    }

    private static String format(double value) {
        return value >= 100 ? String.format(Locale.ROOT, "%.0f", value) : String.format(Locale.ROOT, "%.2f", value);
    }
}
