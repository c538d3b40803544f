// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.watch;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ProgressWatchTest {
    private static final long CAPACITY = 1 << 18;
    private final ProgressWatch watch = new ProgressWatch(100, CAPACITY);

    @Test
    void anEmptyRingIsNoStall() {
        for (long now = 0; now < 10_000; now += 50) {
            assertThat(watch.look(now, 64, 64)).isFalse();
        }
    }

    @Test
    void whoReadsALittleIsNotStalled() {
        for (long now = 0; now < 10_000; now += 50) {
            assertThat(watch.look(now, now * 8, now * 8 + 4_096)).isFalse();
        }
    }

    @Test
    void whoReadsNothingIsToldOnceForEachStall() {
        assertThat(watch.look(0, 0, 64)).isFalse();
        assertThat(watch.look(100, 0, 128)).isFalse();
        assertThat(watch.look(101, 0, 128)).isTrue();
        assertThat(watch.look(500, 0, 128)).isFalse();
        assertThat(watch.isStalled()).isTrue();
        assertThat(watch.look(501, 64, 128)).isFalse();
        assertThat(watch.isStalled()).isFalse();
        assertThat(watch.look(700, 64, 128)).isTrue();
    }

    @Test
    void theWatchersOwnLatenessIsForgiven() {
        watch.look(0, 0, 64);
        watch.forgive(1_000);
        assertThat(watch.look(1_050, 0, 64)).isFalse();
        assertThat(watch.look(1_101, 0, 64)).isTrue();
    }

    @Test
    void cursorsThatNoRingCanHaveAreNobodysStall() {
        for (long[] lie : new long[][] {{64, 0}, {0, CAPACITY + 8}, {0, Long.MIN_VALUE}, {Long.MAX_VALUE, 0}}) {
            ProgressWatch fresh = new ProgressWatch(100, CAPACITY);
            for (long now = 0; now < 1_000; now += 50) {
                assertThat(fresh.look(now, lie[0], lie[1])).as("%d, %d", lie[0], lie[1]).isFalse();
            }
        }
    }

    @Test
    void cursorsMayWrap() {
        assertThat(watch.look(0, -64, 64)).isFalse();
        assertThat(watch.look(200, -64, 64)).isTrue();
    }
}
