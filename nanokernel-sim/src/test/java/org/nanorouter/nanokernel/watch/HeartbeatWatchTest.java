// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.nanorouter.nanokernel.watch.HeartbeatWatch.Verdict.ALIVE;
import static org.nanorouter.nanokernel.watch.HeartbeatWatch.Verdict.HUNG;
import static org.nanorouter.nanokernel.watch.HeartbeatWatch.Verdict.LATE;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HeartbeatWatchTest {
    private static final long NEAR_THE_WRAP = Long.MAX_VALUE - 150;
    private final HeartbeatWatch watch = new HeartbeatWatch(100, 500);

    @BeforeEach
    void begin() {
        watch.begin(1000, 7);
    }

    @Test
    void aPunctualBeatIsNeverLate() {
        for (int i = 1; i < 100; i++) {
            assertThat(watch.look(1000 + 100 * i, 7 + i / 2)).isEqualTo(ALIVE);
        }
    }

    @Test
    void silenceIsLateThenHungAndABeatMendsIt() {
        assertThat(watch.look(1250, 7)).isEqualTo(ALIVE);
        assertThat(watch.look(1251, 7)).isEqualTo(LATE);
        assertThat(watch.look(1500, 7)).isEqualTo(LATE);
        assertThat(watch.look(1501, 7)).isEqualTo(HUNG);
        assertThat(watch.look(1502, 8)).isEqualTo(ALIVE);
    }

    @Test
    void whoIsExcusedIsLateAndHasTheRestOfTheDeadlineAgain() {
        assertThat(watch.look(1501, 7)).isEqualTo(HUNG);
        watch.excuse(1501);
        assertThat(watch.look(1501, 7)).isEqualTo(LATE);
        assertThat(watch.look(1750, 7)).isEqualTo(LATE);
        assertThat(watch.look(1751, 7)).isEqualTo(HUNG);
        assertThat(watch.look(1752, 8)).isEqualTo(ALIVE);
        watch.excuse(1753);
        assertThat(watch.deadlineAt()).as("there is nothing to excuse").isEqualTo(2252);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void whatTheWordSaysBuysNoTime(long word) {
        watch.look(1000, word);
        assertThat(watch.look(1501, word)).isEqualTo(HUNG);
    }

    @Test
    void theDeadlineRunsFromTheBeatAndNotFromTheLookThatFindsIt() {
        watch.look(1100, 1010);
        assertThat(watch.deadlineAt()).isEqualTo(1510);
        assertThat(watch.look(1510, 1010)).isEqualTo(LATE);
        assertThat(watch.look(1511, 1010)).isEqualTo(HUNG);
    }

    @Test
    void aTimeFromBeforeTheLastLookOrFromTheFutureIsABeatNow() {
        watch.look(1100, 1010);
        watch.look(1200, 1050);
        assertThat(watch.deadlineAt()).isEqualTo(1700);
        watch.look(1300, 1301);
        assertThat(watch.deadlineAt()).isEqualTo(1800);
    }

    @Test
    void theWatchersOwnLatenessIsForgiven() {
        watch.forgive(10_000);
        assertThat(watch.look(11_400, 7)).isEqualTo(LATE);
        assertThat(watch.look(11_501, 7)).isEqualTo(HUNG);
    }

    @Test
    void theClockMayWrap() {
        watch.begin(NEAR_THE_WRAP, 1);
        assertThat(watch.look(NEAR_THE_WRAP + 200, 1)).isEqualTo(ALIVE);
        assertThat(watch.look(NEAR_THE_WRAP + 501, 1)).isEqualTo(HUNG);
    }
}
