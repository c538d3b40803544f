// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.OsState;

class RecoveryTimesTest {
    private static final long MS = 1_000_000;
    private static final long BEGIN = -5;

    private final RecoveryTimes times = new RecoveryTimes();

    private void fail(long at) {
        times.became(OsState.RUNNING, OsState.PANICKED, at);
        times.became(OsState.PANICKED, OsState.RESTARTING, at);
        times.became(OsState.RESTARTING, OsState.BOOTING, at);
    }

    private void comeBack(long at) {
        times.became(OsState.BOOTING, OsState.RUNNING, at);
    }

    private static Object bucket(RecoveryTimes of, String bound) {
        return ((Map<?, ?>) of.report().get("buckets")).get(bound);
    }

    @Test
    void aRecoveryIsCountedInEachBucketThatIsNotBelowIt() {
        fail(BEGIN);
        comeBack(BEGIN + 50 * MS);
        fail(BEGIN);
        comeBack(BEGIN + 50 * MS + 1);
        fail(BEGIN);
        comeBack(BEGIN + 61_000 * MS);
        assertThat(times.report()).containsEntry("count", 3L);
        assertThat(((Number) times.report().get("sum")).doubleValue()).isBetween(61.1, 61.100_001);
        assertThat(bucket(times, "0.05")).isEqualTo(1L);
        assertThat(bucket(times, "0.1")).isEqualTo(2L);
        assertThat(bucket(times, "60.0")).isEqualTo(2L);
        assertThat(bucket(times, "+Inf")).isEqualTo(3L);
    }

    @Test
    void aFirstStartIsNoRecovery() {
        comeBack(BEGIN);
        assertThat(times.report()).containsEntry("count", 0L);
    }

    @Test
    void timeCountsFromTheFirstOfSeveralFailures() {
        fail(BEGIN);
        times.became(OsState.BOOTING, OsState.PANICKED, BEGIN + 900 * MS);
        comeBack(BEGIN + 1_500 * MS);
        assertThat(times.report()).containsEntry("count", 1L).containsEntry("sum", 1.5);
    }

    @Test
    void whatAnOperatorStopsOrIsGivenUpIsNotCounted() {
        fail(BEGIN);
        times.became(OsState.PANICKED, OsState.FAILED, BEGIN);
        comeBack(BEGIN + MS);
        fail(BEGIN);
        times.became(OsState.PANICKED, OsState.STOPPED, BEGIN);
        comeBack(BEGIN + MS);
        fail(BEGIN);
        assertThat(times.forget()).isTrue();
        comeBack(BEGIN + MS);
        assertThat(times.report()).containsEntry("count", 0L);
    }

    @Test
    void aHungOsThatGoesOnWithinItsEpochIsNotCounted() {
        times.became(OsState.SUSPECT, OsState.HUNG, BEGIN);
        times.became(OsState.HUNG, OsState.RUNNING, BEGIN + MS);
        assertThat(times.report()).containsEntry("count", 0L);
    }

    @Test
    void theNextNanokernelGoesOnWithTheSameNumbersAndTheSameAbsence() {
        fail(BEGIN);
        comeBack(BEGIN + 70 * MS);
        fail(BEGIN);
        RecoveryTimes next = new RecoveryTimes();
        next.restore(times.text());
        assertThat(next.report()).isEqualTo(times.report());
        next.became(OsState.BOOTING, OsState.RUNNING, BEGIN + 80 * MS);
        assertThat(next.report()).containsEntry("count", 2L);
        assertThat(bucket(next, "0.1")).isEqualTo(2L);
    }

    @Test
    void whatAVersionWithOtherBucketsSaidBeginsAtZero() {
        times.restore("true,5,6,7");
        times.restore("");
        comeBack(BEGIN);
        assertThat(times.report()).containsEntry("count", 0L);
    }
}
