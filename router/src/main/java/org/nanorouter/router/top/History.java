// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.Arrays;

/** An amount per second over the last minute, by whole seconds of a monotonic clock. */
final class History {
    static final int SECONDS = 60;
    private static final long NS_PER_S = 1_000_000_000;
    /** The one that is not over yet, too. */
    private static final int CELLS = SECONDS + 1;

    private final double[] amounts = new double[CELLS];
    /** What part of each second is known, 0 to 1. */
    private final double[] known = new double[CELLS];
    private long newest = Long.MIN_VALUE;

    /** Notes an amount that came between two times, evenly as far as is known; to is after from and former calls. */
    void add(long fromNs, long toNs, double amount) {
        if (toNs <= fromNs) {
            return;
        }
        double perNs = amount / (toNs - fromNs);
        advance(Math.floorDiv(toNs, NS_PER_S));
        long first = Math.max(Math.floorDiv(fromNs, NS_PER_S), newest - SECONDS);
        for (long second = first; second <= newest; second++) {
            long begin = Math.max(fromNs, second * NS_PER_S);
            long end = Math.min(toNs, (second + 1) * NS_PER_S);
            int cell = cell(second);
            amounts[cell] += perNs * (end - begin);
            known[cell] += (double) (end - begin) / NS_PER_S;
        }
    }

    private void advance(long second) {
        if (newest == Long.MIN_VALUE || second - newest >= CELLS) {
            Arrays.fill(known, 0);
            Arrays.fill(amounts, 0);
        } else {
            for (long next = newest + 1; next <= second; next++) {
                amounts[cell(next)] = 0;
                known[cell(next)] = 0;
            }
        }
        newest = Math.max(newest, second);
    }

    private static int cell(long second) {
        return (int) Math.floorMod(second, (long) CELLS);
    }

    /**
     * The minute before a time in at most so many parts of whole seconds each, the oldest first: the mean amount per
     * second of each, or NaN where nothing is known. A part keeps its place in time as long as it is shown, so that a
     * picture of it moves and does not flicker.
     */
    double[] parts(int most, long nowNs) {
        int seconds = (SECONDS + most - 1) / most;
        int count = SECONDS / seconds;
        long end = Math.floorDiv(Math.floorDiv(nowNs, NS_PER_S) + seconds - 1, (long) seconds);
        double[] parts = new double[count];
        for (int i = 0; i < count; i++) {
            parts[i] = mean((end - count + i) * seconds, seconds, Math.floorDiv(nowNs, NS_PER_S));
        }
        return parts;
    }

    private double mean(long first, int seconds, long current) {
        double amount = 0;
        double time = 0;
        for (long second = first; second < first + seconds && second < current; second++) {
            if (second <= newest && second > newest - CELLS) {
                amount += amounts[cell(second)];
                time += known[cell(second)];
            }
        }
        return time == 0 ? Double.NaN : amount / time;
    }
}
