// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.config.RestartConfig;
import org.nanorouter.nanokernel.config.RestartConfig.Policy;
import org.nanorouter.nanokernel.config.RestartConfig.Reaction;

class RestartBudgetTest {
    private static final long MS = 1_000_000;
    private static final long SECOND = 1_000 * MS;

    private long now = Long.MAX_VALUE - 3 * SECOND;

    private static RestartBudget budget(int limit) {
        return new RestartBudget(new RestartConfig(Policy.ON_FAILURE, Duration.ofMillis(100), Duration.ofSeconds(1),
                limit, Duration.ofSeconds(60), Reaction.RESTART, Reaction.REPORT, Reaction.REPORT, List.of()));
    }

    @Test
    void theDelayDoublesUpToItsBound() {
        RestartBudget budget = budget(0);
        for (long expected : new long[] {100, 200, 400, 800, 1000, 1000}) {
            now += SECOND;
            assertThat(budget.failed(now)).isEqualTo(expected * MS);
        }
    }

    @Test
    void afterAQuietWindowItBeginsAnew() {
        RestartBudget budget = budget(5);
        budget.failed(now);
        budget.failed(now);
        now += 61 * SECOND;
        assertThat(budget.failed(now)).isEqualTo(100 * MS);
        assertThat(budget.used()).isEqualTo(1);
    }

    @Test
    void moreThanTheLimitWithinTheWindowExhaustIt() {
        RestartBudget budget = budget(5);
        for (int i = 0; i < 5; i++) {
            now += 10 * SECOND;
            assertThat(budget.failed(now)).isNotEqualTo(RestartBudget.EXHAUSTED);
        }
        now += 10 * SECOND;
        assertThat(budget.failed(now)).as("the first was 50 s ago").isEqualTo(RestartBudget.EXHAUSTED);
        now += 11 * SECOND;
        assertThat(budget.failed(now)).as("the first was 61 s ago").isNotEqualTo(RestartBudget.EXHAUSTED);
    }

    @Test
    void theOperatorClearsIt() {
        RestartBudget budget = budget(1);
        budget.failed(now);
        assertThat(budget.failed(now)).isEqualTo(RestartBudget.EXHAUSTED);
        budget.clear();
        assertThat(budget.failed(now)).isEqualTo(100 * MS);
    }

    @Test
    void withoutALimitItIsNeverExhausted() {
        RestartBudget budget = budget(0);
        for (int i = 0; i < 10_000; i++) {
            assertThat(budget.failed(now)).isNotEqualTo(RestartBudget.EXHAUSTED);
        }
    }
}
