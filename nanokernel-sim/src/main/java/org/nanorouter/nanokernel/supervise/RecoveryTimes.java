// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.LinkedHashMap;
import java.util.Map;
import org.nanorouter.nanokernel.abi.OsState;

/**
 * How long an OS was away after each failure that it came back from by itself: from its first failure since it last
 * ran to the READY of a later epoch. What an operator's request ends or begins is not counted, nor a hung OS that goes
 * on within its epoch. The keeper has it with the OS, so that it survives a nanokernel that is killed. One thread uses
 * it.
 */
final class RecoveryTimes {
    /** Upper bounds of the buckets, inclusive; the last bucket has none. */
    private static final long[] BOUNDS_MS = {50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000, 60_000};
    private static final long NS_PER_MS = 1_000_000;
    private static final double MS_PER_S = 1e3;
    private static final double NS_PER_S = 1e9;
    private static final String SEPARATOR = ",";

    private final long[] counts = new long[BOUNDS_MS.length + 1];
    private long sumNs;
    private boolean away;
    private long awaySince;

    /**
     * The OS went from one state to another.
     *
     * @param now CLOCK_MONOTONIC in nanoseconds
     * @return whether anything changed here
     */
    boolean became(OsState before, OsState next, long now) {
        return switch (next) {
            case PANICKED, HUNG -> fails(now);
            case RUNNING -> before == OsState.BOOTING ? comesBack(now) : forget();
            case STOPPED, FAILED -> forget();
            default -> false;
        };
    }

    private boolean fails(long now) {
        if (away) {
            return false;
        }
        away = true;
        awaySince = now;
        return true;
    }

    private boolean comesBack(long now) {
        if (!away) {
            return false;
        }
        away = false;
        count(now - awaySince);
        return true;
    }

    private void count(long ns) {
        int bucket = 0;
        while (bucket < BOUNDS_MS.length && ns > BOUNDS_MS[bucket] * NS_PER_MS) {
            bucket++;
        }
        counts[bucket]++;
        sumNs += ns;
    }

    /** What the OS is away for now is not counted. Returns whether it was away. */
    boolean forget() {
        boolean was = away;
        away = false;
        return was;
    }

    /** For the control socket: {@code count}, {@code sum} and {@code buckets}, cumulative by upper bound in seconds. */
    Map<String, Object> report() {
        Map<String, Object> buckets = new LinkedHashMap<>();
        long sum = 0;
        for (int i = 0; i < counts.length; i++) {
            sum += counts[i];
            buckets.put(i < BOUNDS_MS.length ? String.valueOf(BOUNDS_MS[i] / MS_PER_S) : "+Inf", sum);
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("count", sum);
        report.put("sum", sumNs / NS_PER_S);
        report.put("buckets", buckets);
        return report;
    }

    /** One line for {@link #restore}. */
    String text() {
        StringBuilder text = new StringBuilder(String.valueOf(away)).append(SEPARATOR).append(awaySince)
                .append(SEPARATOR).append(sumNs);
        for (long count : counts) {
            text.append(SEPARATOR).append(count);
        }
        return text.toString();
    }

    /** Goes on with what {@link #text} said; at zero if another version said it, with other buckets. */
    void restore(String text) {
        String[] words = text.split(SEPARATOR);
        if (words.length != 3 + counts.length) {
            return;
        }
        away = Boolean.parseBoolean(words[0]);
        awaySince = Long.parseLong(words[1]);
        sumNs = Long.parseLong(words[2]);
        for (int i = 0; i < counts.length; i++) {
            counts[i] = Long.parseLong(words[3 + i]);
        }
    }
}
