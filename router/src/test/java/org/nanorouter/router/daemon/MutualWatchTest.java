// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

/** The nanokernel's side of it. */
class MutualWatchTest {
    private final MutualWatch watch = new MutualWatch(100, 500, 1_000, 7);
    private long now = 1_000;

    private boolean lookAfter(long time, long word) {
        now += time;
        return watch.look(now, List.of(), word, channel -> { });
    }

    @Test
    void aNanokernelThatBeatsIsNotSilent() {
        for (int beat = 0; beat < 100; beat++) {
            assertThat(lookAfter(100, beat)).isFalse();
        }
    }

    @Test
    void aSilenceIsToldOnce() {
        for (int i = 0; i < 5; i++) {
            assertThat(lookAfter(100, 7)).isFalse();
        }
        assertThat(lookAfter(100, 7)).isTrue();
        assertThat(lookAfter(100, 7)).isFalse();
        assertThat(lookAfter(100, 8)).isFalse();
        for (int i = 0; i < 5; i++) {
            assertThat(lookAfter(100, 8)).isFalse();
        }
        assertThat(lookAfter(100, 8)).as("the next silence").isTrue();
    }

    @Test
    void whoWasStoppedItselfHoldsItAgainstNobody() {
        assertThat(lookAfter(10_000, 7)).isFalse();
        assertThat(lookAfter(100, 7)).isFalse();
    }
}
