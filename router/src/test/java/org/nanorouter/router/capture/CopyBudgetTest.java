// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class CopyBudgetTest {
    private static final int FRAME_BYTES = 64 * 1024 - CopyBudget.FRAME;
    private static final long BEGIN = -5_000_000_000L;
    private static final long STEP = TimeUnit.MILLISECONDS.toNanos(1);

    private final Times times = new Times();
    private final CopyBudget budget = new CopyBudget(times);
    private long now = BEGIN;

    private static final class Times implements CopyBudget.ThreadTimes {
        private boolean areKnown = true;
        private double runningShare;
        private double waitingShare;
        private long running;
        private long waiting;

        @Override
        public boolean read() {
            return areKnown;
        }

        @Override
        public long running() {
            return running;
        }

        @Override
        public long waiting() {
            return waiting;
        }

        void pass(long nanos) {
            running += (long) (nanos * runningShare);
            waiting += (long) (nanos * waitingShare);
        }
    }

    @BeforeEach
    void begin() {
        budget.at(now);
    }

    /** Offers far more than the budget in each millisecond; answers how many bytes it let through. */
    private long flood(long nanos) {
        long through = 0;
        for (long end = now + nanos; now < end;) {
            now += STEP;
            times.pass(STEP);
            budget.at(now);
            for (int i = 0; i < 64 && budget.has(FRAME_BYTES); i++) {
                budget.took(FRAME_BYTES);
                through += 64 * 1024;
            }
        }
        return through;
    }

    @Test
    void aLoopWithTimeToSpareCopiesAll() {
        times.runningShare = CopyBudget.RUNNING - 0.05;
        times.waitingShare = CopyBudget.WAITING - 0.05;
        flood(2 * CopyBudget.PERIOD_NANOS);
        assertThat(flood(TimeUnit.SECONDS.toNanos(1))).isEqualTo(1000L * 64 * 64 * 1024);
    }

    @Test
    void aLoopThatWaitsForItsProcessorCopiesNoMoreThanItsRate() {
        times.waitingShare = CopyBudget.WAITING + 0.05;
        long through = flood(TimeUnit.SECONDS.toNanos(10));
        assertThat(through).isBetween(10 * CopyBudget.BYTES_PER_SECOND - CopyBudget.USABLE,
            10 * CopyBudget.BYTES_PER_SECOND + CopyBudget.FULL);
    }

    @Test
    void soDoesOneThatRunsAllTheTime() {
        times.runningShare = CopyBudget.RUNNING + 0.05;
        assertThat(flood(TimeUnit.SECONDS.toNanos(4)))
            .isLessThanOrEqualTo(4 * CopyBudget.BYTES_PER_SECOND + CopyBudget.FULL);
    }

    @Test
    void soDoesOneOfWhichTheKernelSaysNothing() {
        times.areKnown = false;
        assertThat(flood(TimeUnit.SECONDS.toNanos(4)))
            .isLessThanOrEqualTo(4 * CopyBudget.BYTES_PER_SECOND + CopyBudget.FULL);
    }

    @Test
    void whatIsLessThanTheRateIsCopiedWhole() {
        times.waitingShare = 1;
        int kept = (int) (CopyBudget.BYTES_PER_SECOND * STEP / TimeUnit.SECONDS.toNanos(1)) / 2 - CopyBudget.FRAME;
        for (int i = 0; i < 5000; i++) {
            now += STEP;
            times.pass(STEP);
            budget.at(now);
            assertThat(budget.has(kept)).isTrue();
            budget.took(kept);
        }
    }

    @Test
    void anEmptyBucketRestsUntilItHoldsAStretch() {
        times.waitingShare = 1;
        flood(CopyBudget.PERIOD_NANOS);
        rest();
        while (budget.has(FRAME_BYTES)) {
            budget.took(FRAME_BYTES);
        }
        long emptyAt = now;
        rest();
        long needed = CopyBudget.USABLE * TimeUnit.SECONDS.toNanos(1) / CopyBudget.BYTES_PER_SECOND;
        assertThat(now - emptyAt).isBetween(needed - 2 * STEP, needed + 2 * STEP);
    }

    private void rest() {
        while (!budget.has(0)) {
            now += STEP;
            times.pass(STEP);
            budget.at(now);
        }
    }

    /** Else what it saves by copying less would make it copy all, and that make it short of time, and so on. */
    @Test
    void aLoopThatHasLittleTimeAgainKeepsToItsRate() {
        times.runningShare = 1;
        flood(TimeUnit.SECONDS.toNanos(1));
        times.runningShare = CopyBudget.RUNNING * CopyBudget.RELIEVED + 0.05;
        assertThat(flood(TimeUnit.SECONDS.toNanos(4)))
            .isLessThanOrEqualTo(4 * CopyBudget.BYTES_PER_SECOND + CopyBudget.FULL);
    }

    @Test
    void aLoopThatHasTimeAgainCopiesAllAgain() {
        times.waitingShare = 1;
        flood(TimeUnit.SECONDS.toNanos(1));
        times.waitingShare = 0;
        flood(2 * CopyBudget.PERIOD_NANOS);
        assertThat(flood(CopyBudget.PERIOD_NANOS)).isEqualTo(100L * 64 * 64 * 1024);
    }
}
