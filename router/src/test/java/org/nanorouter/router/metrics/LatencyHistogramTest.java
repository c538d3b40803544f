// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.metrics;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class LatencyHistogramTest {
    private static final long SEED = 7;

    private final LatencyHistogram histogram = new LatencyHistogram();

    @Test
    void percentilesAreAtMostAnEighthTooHighAndNeverTooLow() {
        SplittableRandom random = new SplittableRandom(SEED);
        long[] times = new long[10_000];
        for (int i = 0; i < times.length; i++) {
            times[i] = random.nextLong(1L << random.nextInt(1, 36));
            histogram.record(times[i]);
        }
        Arrays.sort(times);
        for (double part : new double[] {0.01, 0.5, 0.9, 0.99, 0.999, 1}) {
            long exact = times[(int) Math.ceil(part * times.length) - 1];
            assertThat(histogram.percentile(part)).as("seed " + SEED + ", part " + part)
                .isBetween(exact, exact + exact / 8 + 1);
        }
        assertThat(histogram.max()).isEqualTo(times[times.length - 1]);
        assertThat(histogram.count()).isEqualTo(times.length);
    }

    @Test
    void whatAHostileClockSaysIsBounded() {
        histogram.record(Long.MIN_VALUE);
        histogram.record(Long.MAX_VALUE);
        assertThat(histogram.percentile(0.5)).isZero();
        assertThat(histogram.max()).isEqualTo((1L << 40) - 1);
    }

    @Test
    void withoutTimesEveryPercentileIsZero() {
        assertThat(histogram.percentile(0.99)).isZero();
    }
}
