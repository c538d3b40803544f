// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.nanorouter.router.top.Samples.SECOND;

import org.junit.jupiter.api.Test;

class HistoryTest {
    private final History history = new History();

    @Test
    void anAmountIsSpreadOverTheSecondsInWhichItCame() {
        history.add(SECOND / 2, 3 * SECOND, 250);
        double[] parts = history.parts(60, 3 * SECOND);
        assertThat(parts).hasSize(60);
        assertThat(parts[56]).isNaN();
        // Half of the first second is known, and is taken for the whole.
        assertThat(parts[57]).isCloseTo(100, offset(0.01));
        assertThat(parts[58]).isCloseTo(100, offset(0.01));
        assertThat(parts[59]).isCloseTo(100, offset(0.01));
    }

    @Test
    void onlyTheLastMinuteIsKept() {
        for (int i = 0; i < 1000; i++) {
            history.add(i * SECOND, (i + 1) * SECOND, i);
        }
        double[] parts = history.parts(60, 1000 * SECOND);
        assertThat(parts[0]).isCloseTo(940, offset(0.01));
        assertThat(parts[59]).isCloseTo(999, offset(0.01));
        assertThat(history.parts(60, 1030 * SECOND)[29]).isCloseTo(999, offset(0.01));
        assertThat(history.parts(60, 1030 * SECOND)[30]).isNaN();
        assertThat(history.parts(60, 5000 * SECOND)).containsOnly(Double.NaN);
    }

    @Test
    void aPartKeepsItsPlaceInTime() {
        for (int i = 0; i < 90; i++) {
            history.add(i * SECOND, (i + 1) * SECOND, i);
        }
        double[] before = history.parts(20, 90 * SECOND);
        history.add(90 * SECOND, 91 * SECOND, 5);
        history.add(91 * SECOND, 92 * SECOND, 5);
        double[] after = history.parts(20, 92 * SECOND);
        assertThat(before).hasSize(20);
        assertThat(before[19]).isCloseTo(88, offset(0.01));
        assertThat(after[18]).isEqualTo(before[19]);
    }

    @Test
    void aLongGapAndATimeBelowZeroDoNoHarm() {
        history.add(-5 * SECOND, -3 * SECOND, 20);
        assertThat(history.parts(60, -3 * SECOND)[59]).isCloseTo(10, offset(0.01));
        history.add(0, 100_000 * SECOND, 100_000);
        assertThat(history.parts(10, 100_000 * SECOND)).hasSize(10).doesNotContain(Double.NaN);
        history.add(100_000 * SECOND, 100_000 * SECOND, 7);
        assertThat(history.parts(60, 100_001 * SECOND)[58]).isCloseTo(1, offset(0.01));
    }

    @Test
    void aCurveIsAsHighAsItsLargestNumberUnlessThatIsNothing() {
        double[] numbers = {Double.NaN, 0, 1, 50, 100};
        assertThat(Sparkline.draw(numbers, 10, true)).isEqualTo(" \u2581\u2582\u2584\u2587");
        assertThat(Sparkline.draw(numbers, 10, false)).isEqualTo(" _.:#");
        assertThat(Sparkline.draw(numbers, 10_000, false)).isEqualTo(" _...");
        assertThat(Sparkline.draw(new double[0], 1, true)).isEmpty();
    }
}
