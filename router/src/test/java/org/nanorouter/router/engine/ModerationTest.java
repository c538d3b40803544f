// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class ModerationTest {
    private static final long US = 1_000;
    private static final long MS = 1_000_000;
    private static final int SMALL = 60;

    private final Moderation moderation = new Moderation();
    private long now = 1_000_000_000L;
    /** What the last call said. */
    private long pause;

    /** Frames came within a time, until there were no more. */
    private long came(int frames, int length, int answers, long within) {
        now += within;
        pause = moderation.pause(now, frames, (long) frames * length, answers);
        return pause;
    }

    /** Small frames came at this rate for so many times that it was empty, each time for as long as was said before. */
    private void stream(int times, double perMicrosecond) {
        for (int i = 0; i < times; i++) {
            long time = Math.max(pause, 20 * US);
            came((int) (time / US * perMicrosecond), SMALL, 0, time);
        }
    }

    @Test
    void aStreamOfSmallFramesIsLeftAloneForAboutABatch() {
        stream(100, 0.4);
        assertThat(pause).isBetween(64 * 1000 / 400 * US - 2 * US, 64 * 1000 / 400 * US + 2 * US);
        stream(100, 1);
        assertThat(pause).isBetween(62 * US, 66 * US);
    }

    @Test
    void aPauseIsNeverLongerThanItsBound() {
        stream(100, 0.25);
        assertThat(pause).isEqualTo(Moderation.MAX_PAUSE_NANOS);
    }

    @Test
    void aRestIsHalfAsLongAsTheWorkAndHasABound() {
        assertThat(Moderation.rest(80 * US)).isEqualTo(40 * US);
        assertThat(Moderation.rest(100 * MS)).isEqualTo(Moderation.MAX_PAUSE_NANOS);
    }

    @Test
    void framesThatComeAloneAreNeverHeldUp() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(came(1, SMALL, 0, 20 * US)).isZero();
        }
    }

    @Test
    void framesThatAreAnsweredAreNeverHeldUp() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(came(8, SMALL, 2, 20 * US)).isZero();
        }
    }

    @Test
    void fewFramesInALongTimeAreNoStream() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(came(3, SMALL, 0, MS)).isZero();
        }
    }

    @Test
    void largeSegmentsAreNeverHeldUp() {
        for (int i = 0; i < 1_000; i++) {
            assertThat(came(3, 64 * 1024, 0, 100 * US)).isZero();
        }
    }

    @Test
    void aPauseInVainIsNotRepeatedSoonAndEachTimeLater() {
        long expected = Moderation.MIN_BACK_OFF_NANOS;
        for (int vain = 0; vain < 10; vain++) {
            while (pause == 0) {
                came(8, SMALL, 0, 20 * US);
            }
            assertThat(came(0, SMALL, 0, pause)).isZero();
            long begin = now;
            while (pause == 0) {
                came(8, SMALL, 0, 20 * US);
            }
            assertThat(now - begin).as("after %d in vain", vain + 1).isBetween(expected - 20 * US, expected + 200 * US);
            expected = Math.min(2 * expected, Moderation.MAX_BACK_OFF_NANOS);
        }
        came(64, SMALL, 0, pause);
        assertThat(came(0, SMALL, 0, pause)).isZero();
        long begin = now;
        while (pause == 0) {
            came(8, SMALL, 0, 20 * US);
        }
        assertThat(now - begin).as("after one that was worth it").isLessThan(3 * Moderation.MIN_BACK_OFF_NANOS);
    }

    @Test
    void whatWasBeforeASilenceIsForgotten() {
        stream(100, 0.4);
        assertThat(came(64, SMALL, 0, 9 * MS)).isZero();
        assertThat(came(1, SMALL, 0, 20 * US)).isZero();
    }
}
