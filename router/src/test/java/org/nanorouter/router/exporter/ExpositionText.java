// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Reads the text format of version 0.0.4 and takes nothing that is not in its specification: each family has one HELP
 * and one TYPE and is in one piece, counters end in {@code _total}, histograms have cumulative buckets up to
 * {@code +Inf} that agree with their count, and no series is there twice.
 */
public final class ExpositionText {
    private static final Pattern COMMENT = Pattern.compile("# (HELP|TYPE) ([a-zA-Z_:][a-zA-Z0-9_:]*) (.+)");
    private static final Pattern SAMPLE =
            Pattern.compile("([a-zA-Z_:][a-zA-Z0-9_:]*)(?:\\{(.*)})? (NaN|[+-]?(?:Inf|[0-9.]+(?:[eE][+-]?[0-9]+)?))");
    private static final Pattern LABEL =
            Pattern.compile("\\G([a-zA-Z_][a-zA-Z0-9_]*)=\"((?:[^\"\\\\\\n]|\\\\[\\\\n\"])*)\"(?:,|$)");
    private static final List<String> HISTOGRAM_PARTS = List.of("_bucket", "_sum", "_count");

    private final Map<String, String> types = new LinkedHashMap<>();
    private final Set<String> helped = new HashSet<>();
    private final Map<String, Double> samples = new LinkedHashMap<>();
    private String family = "";

    private ExpositionText() {
    }

    /** Reads a whole text; an {@link AssertionError} says what is wrong with it. */
    public static ExpositionText parse(String text) {
        check(text.endsWith("\n"), "the last line has no end");
        ExpositionText parsed = new ExpositionText();
        text.lines().forEach(parsed::line);
        parsed.types.forEach((name, type) -> {
            if (type.equals("histogram")) {
                parsed.checkHistogram(name);
            }
        });
        return parsed;
    }

    private static void check(boolean right, String wrong) {
        if (!right) {
            throw new AssertionError(wrong);
        }
    }

    private void line(String line) {
        if (line.startsWith("#")) {
            comment(line);
        } else {
            sample(line);
        }
    }

    private void comment(String line) {
        Matcher comment = COMMENT.matcher(line);
        check(comment.matches(), "no comment of the format: " + line);
        String name = comment.group(2);
        if (comment.group(1).equals("HELP")) {
            check(helped.add(name), "a second HELP: " + line);
        } else {
            check(helped.contains(name), "no HELP before: " + line);
            check(types.put(name, comment.group(3)) == null, "a second TYPE: " + line);
            check(List.of("counter", "gauge", "histogram").contains(comment.group(3)), "an unknown type: " + line);
            check(comment.group(3).equals("counter") == name.endsWith("_total"), "only counters end so: " + line);
            family = name;
        }
    }

    private void sample(String line) {
        Matcher sample = SAMPLE.matcher(line);
        check(sample.matches(), "no sample of the format: " + line);
        String name = sample.group(1);
        boolean isPart = HISTOGRAM_PARTS.stream().anyMatch(part -> name.equals(family + part));
        check("histogram".equals(types.get(family)) ? isPart : name.equals(family), "not of " + family + ": " + line);
        String labels = sample.group(2) == null ? "" : labels(sample.group(2), line);
        double value = Double.parseDouble(sample.group(3).replace("Inf", "Infinity"));
        check(!"counter".equals(types.get(family)) || value >= 0, "a counter below 0: " + line);
        check(samples.put(name + "{" + labels + "}", value) == null, "a second sample of this series: " + line);
    }

    private static String labels(String text, String line) {
        Matcher label = LABEL.matcher(text);
        Set<String> names = new HashSet<>();
        List<String> labels = new ArrayList<>();
        int end = 0;
        while (label.find()) {
            check(names.add(label.group(1)), "a label twice: " + line);
            labels.add(label.group(1) + "=" + label.group(2));
            end = label.end();
        }
        check(end == text.length() && !labels.isEmpty(), "no labels of the format: " + line);
        return String.join(",", labels.stream().sorted().toList());
    }

    private void checkHistogram(String name) {
        Map<String, Double> highest = new LinkedHashMap<>();
        samples.forEach((series, value) -> {
            if (series.startsWith(name + "_bucket{")) {
                check(series.matches(".*[{,]le=[^,}]+.*"), "a bucket without a bound: " + series);
                String rest = series.replaceFirst("le=[^,}]+,?", "").replace(",}", "}").replace("_bucket{", "{");
                check(value >= highest.getOrDefault(rest, 0.0), "buckets are not cumulative: " + series);
                highest.put(rest, value);
            }
        });
        highest.forEach((rest, value) -> {
            String inf = rest.substring(rest.indexOf('{') + 1, rest.length() - 1);
            check(samples.keySet().stream().anyMatch(series -> series.startsWith(name + "_bucket{")
                    && series.contains("le=+Inf") && series.contains(inf)), "no bucket +Inf: " + rest);
            check(value.equals(samples.get(rest.replace("{", "_count{"))), "not the sum of its buckets: " + rest);
            check(samples.containsKey(rest.replace("{", "_sum{")), "no sum: " + rest);
        });
    }

    /** Type by name of the family. */
    public Map<String, String> types() {
        return types;
    }

    /** Value by series: {@code name{label=value,...}}, labels in alphabetical order and as they are escaped. */
    public Map<String, Double> samples() {
        return samples;
    }

    /** Names of the samples, those of a histogram's parts too. */
    public Set<String> names() {
        Set<String> names = new HashSet<>();
        samples.keySet().forEach(series -> names.add(series.substring(0, series.indexOf('{'))));
        return names;
    }
}
