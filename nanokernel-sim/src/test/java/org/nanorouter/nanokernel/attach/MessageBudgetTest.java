// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MessageBudgetTest {
    private static final long MS = 1_000_000;

    private static int taken(MessageBudget budget, long now) {
        int taken = 0;
        while (budget.take(now, 1)) {
            taken++;
        }
        return taken;
    }

    @Test
    void someMayComeAtOnceAndThenOneEachMillisecond() {
        MessageBudget budget = new MessageBudget(-5 * MS);
        assertThat(taken(budget, -5 * MS)).isEqualTo(MessageBudget.AT_ONCE);
        assertThat(taken(budget, -5 * MS + MS - 1)).isZero();
        assertThat(taken(budget, -4 * MS)).isEqualTo(1);
        assertThat(taken(budget, 6 * MS)).isEqualTo(10);
    }

    @Test
    void whatIsNotUsedIsNotSavedForEver() {
        MessageBudget budget = new MessageBudget(0);
        assertThat(taken(budget, 3_600_000 * MS)).isEqualTo(MessageBudget.AT_ONCE);
    }
}
