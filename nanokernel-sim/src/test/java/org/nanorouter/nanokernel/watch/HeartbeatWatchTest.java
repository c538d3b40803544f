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
            assertThat(watch.look(1000 + 100 * i, 0, 7 + i / 2)).isEqualTo(ALIVE);
        }
    }

    @Test
    void silenceIsLateThenHungAndABeatMendsIt() {
        assertThat(watch.look(1250, 0, 7)).isEqualTo(ALIVE);
        assertThat(watch.look(1251, 0, 7)).isEqualTo(LATE);
        assertThat(watch.look(1500, 0, 7)).isEqualTo(LATE);
        assertThat(watch.look(1501, 0, 7)).isEqualTo(HUNG);
        assertThat(watch.look(1502, 0, 8)).isEqualTo(ALIVE);
    }

    @Test
    void whoIsExcusedIsLateAndHasTheRestOfTheDeadlineAgain() {
        assertThat(watch.look(1501, 0, 7)).isEqualTo(HUNG);
        watch.excuse(1501);
        assertThat(watch.look(1501, 0, 7)).isEqualTo(LATE);
        assertThat(watch.look(1750, 0, 7)).isEqualTo(LATE);
        assertThat(watch.look(1751, 0, 7)).isEqualTo(HUNG);
        assertThat(watch.look(1752, 0, 8)).isEqualTo(ALIVE);
        watch.excuse(1753);
        assertThat(watch.deadlineAt()).as("there is nothing to excuse").isEqualTo(2252);
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, Long.MIN_VALUE, Long.MAX_VALUE})
    void whatTheWordSaysBuysNoTime(long word) {
        watch.look(1000, 0, word);
        assertThat(watch.look(1501, 0, word)).isEqualTo(HUNG);
    }

    @Test
    void theDeadlineRunsFromTheBeatAndNotFromTheLookThatFindsIt() {
        watch.look(1100, 0, 1010);
        assertThat(watch.deadlineAt()).isEqualTo(1510);
        assertThat(watch.look(1510, 0, 1010)).isEqualTo(LATE);
        assertThat(watch.look(1511, 0, 1010)).isEqualTo(HUNG);
    }

    @Test
    void aTimeFromBeforeTheLastLookOrFromTheFutureIsABeatNow() {
        watch.look(1100, 0, 1010);
        watch.look(1200, 0, 1050);
        assertThat(watch.deadlineAt()).isEqualTo(1700);
        watch.look(1300, 0, 1301);
        assertThat(watch.deadlineAt()).isEqualTo(1800);
    }

    @Test
    void theWatchersOwnLatenessIsForgiven() {
        assertThat(watch.look(11_400, 10_000, 7)).isEqualTo(LATE);
        assertThat(watch.look(11_501, 0, 7)).isEqualTo(HUNG);
    }

    /** Both may have lacked a processor, or the whole machine stood still. */
    @Test
    void theWatchersOwnLatenessIsNoSilenceAfterABeatThatItFinds() {
        assertThat(watch.look(1900, 800, 1010)).isEqualTo(ALIVE);
        assertThat(watch.look(2000, 0, 1010)).isEqualTo(ALIVE);
        assertThat(watch.look(2310, 0, 1010)).isEqualTo(LATE);
        assertThat(watch.look(2311, 0, 1010)).isEqualTo(HUNG);
        assertThat(watch.look(3200, 700, 2450)).as("a beat while it was away").isEqualTo(ALIVE);
        assertThat(watch.deadlineAt()).isEqualTo(3650);
    }

    @Test
    void theClockMayWrap() {
        watch.begin(NEAR_THE_WRAP, 1);
        assertThat(watch.look(NEAR_THE_WRAP + 200, 0, 1)).isEqualTo(ALIVE);
        assertThat(watch.look(NEAR_THE_WRAP + 501, 0, 1)).isEqualTo(HUNG);
    }
}
