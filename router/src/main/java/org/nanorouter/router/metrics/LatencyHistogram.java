// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.metrics;

/**
 * How long something took, in buckets whose width is an eighth of the power of two below: percentiles are at most
 * 12.5 % too high. Recording allocates nothing. One thread.
 */
public final class LatencyHistogram {
    private static final int SUB_BITS = 3;
    private static final int SUBS = 1 << SUB_BITS;
    /** Longer ones count as 2 to the power of this ns, 18 minutes. */
    private static final int MAX_EXPONENT = 40;

    private final long[] buckets = new long[(MAX_EXPONENT - SUB_BITS + 2) * SUBS];
    private long count;
    private long max;

    /** Counts one; a negative time, as clocks of others may give it, is 0. */
    public void record(long ns) {
        long time = Math.max(0, Math.min(ns, (1L << MAX_EXPONENT) - 1));
        buckets[bucket(time)]++;
        count++;
        if (time > max) {
            max = time;
        }
    }

    private static int bucket(long time) {
        if (time < SUBS) {
            return (int) time;
        }
        int exponent = Long.SIZE - 1 - Long.numberOfLeadingZeros(time);
        return (exponent - SUB_BITS + 1) * SUBS + (int) (time >>> exponent - SUB_BITS & SUBS - 1);
    }

    /** The longest time that falls into a bucket. */
    private static long end(int bucket) {
        if (bucket < SUBS) {
            return bucket;
        }
        int shift = bucket / SUBS - 1;
        return ((long) (SUBS + bucket % SUBS) + 1 << shift) - 1;
    }

    public long count() {
        return count;
    }

    /** The longest, in nanoseconds; 0 if there was none. */
    public long max() {
        return max;
    }

    /**
     * A time that this part of all did not exceed, in nanoseconds; 0 if there was none.
     *
     * @param part 0 to 1
     */
    public long percentile(double part) {
        long rank = Math.max(1, (long) Math.ceil(part * count));
        long seen = 0;
        for (int bucket = 0; bucket < buckets.length; bucket++) {
            seen += buckets[bucket];
            if (seen >= rank) {
                return Math.min(end(bucket), max);
            }
        }
        return max;
    }
}
