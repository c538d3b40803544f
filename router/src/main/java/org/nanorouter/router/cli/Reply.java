// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.StringJoiner;
import org.jspecify.annotations.Nullable;

/** Reads the parts of a daemon's reply, and shows numbers to people. */
final class Reply {
    private static final String[] UNITS = {"", "k", "M", "G", "T", "P"};
    private static final double STEP = 1000;

    private Reply() {
    }

    /** The objects of a list; empty if there is no such list. */
    static List<Map<?, ?>> objects(Map<?, ?> reply, String key) {
        List<Map<?, ?>> objects = new ArrayList<>();
        if (reply.get(key) instanceof List<?> list) {
            for (Object element : list) {
                if (element instanceof Map<?, ?> object) {
                    objects.add(object);
                }
            }
        }
        return objects;
    }

    /** An object; empty if there is none. */
    static Map<?, ?> object(Map<?, ?> reply, String key) {
        return reply.get(key) instanceof Map<?, ?> object ? object : Map.of();
    }

    static long number(Map<?, ?> reply, String key) {
        return reply.get(key) instanceof Number number ? number.longValue() : 0;
    }

    static String text(Map<?, ?> reply, String key) {
        return String.valueOf(reply.get(key));
    }

    /** A count with three digits and a unit: {@code 1.25 M}. */
    static String count(Map<?, ?> reply, String key) {
        double value = number(reply, key);
        int unit = 0;
        while (value >= STEP && unit + 1 < UNITS.length) {
            value /= STEP;
            unit++;
        }
        return unit == 0 ? Long.toString(number(reply, key)) : String.format("%.3g %s", value, UNITS[unit]);
    }

    /** The reasons and counts of drops: {@code ring_full 12, runt 1}; null if there are none. */
    static @Nullable String drops(Map<?, ?> reply) {
        StringJoiner joiner = new StringJoiner(", ");
        object(reply, "drops").forEach((reason, frames) -> joiner.add(reason + " " + frames));
        return joiner.length() == 0 ? null : joiner.toString();
    }
}
