// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.util.List;
import java.util.Locale;
import java.util.OptionalLong;

/**
 * Quantities that a configuration file writes as a number and a unit, such as {@code "64 MiB"} or {@code "100 ms"}.
 * The first unit of a dimension is its base: what {@link #parse} returns counts in it.
 */
enum Unit {
    /** Memory, in bytes. */
    SIZE("a size such as \"64 MiB\"", List.of(
            new Step("B", 1), new Step("KiB", 1L << 10), new Step("MiB", 1L << 20), new Step("GiB", 1L << 30))),
    /** Time, in nanoseconds. */
    DURATION("a duration such as \"100 ms\"", List.of(
            new Step("ns", 1), new Step("us", 1_000), new Step("ms", 1_000_000), new Step("s", 1_000_000_000),
            new Step("min", 60_000_000_000L), new Step("h", 3_600_000_000_000L)));

    private final String expected;
    private final List<Step> steps;

    Unit(String expected, List<Step> steps) {
        this.expected = expected;
        this.steps = steps;
    }

    /** What a message says that was expected. */
    String expected() {
        return expected;
    }

    /** Parses a number and its unit; empty if it is not one or does not fit into a long. */
    OptionalLong parse(String text) {
        String trimmed = text.trim();
        int end = 0;
        while (end < trimmed.length() && trimmed.charAt(end) >= '0' && trimmed.charAt(end) <= '9') {
            end++;
        }
        String name = trimmed.substring(end).trim();
        for (Step step : steps) {
            if (step.name.equals(name)) {
                try {
                    return OptionalLong.of(Math.multiplyExact(Long.parseLong(trimmed.substring(0, end)), step.factor));
                } catch (ArithmeticException | NumberFormatException e) {
                    return OptionalLong.empty();
                }
            }
        }
        return OptionalLong.empty();
    }

    /** Writes a quantity in the largest unit that divides it. */
    String format(long quantity) {
        Step best = steps.get(0);
        for (Step step : steps) {
            if (quantity != 0 && quantity % step.factor == 0) {
                best = step;
            }
        }
        return String.format(Locale.ROOT, "%d %s", quantity / best.factor, best.name);
    }

    private record Step(String name, long factor) {
    }
}
