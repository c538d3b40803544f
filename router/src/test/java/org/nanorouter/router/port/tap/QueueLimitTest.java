// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.tap;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class QueueLimitTest {
    private static final long TENTH = 100_000_000;

    private static final int SMALL = 60;

    private final QueueLimit limit = new QueueLimit();
    private long now = 7 * TENTH;
    private long frames = 1;
    private long bytes = 1;
    private long answers = 1;

    /** Whether the queue is to change after a tenth of a second with so many frames of a length, and answers. */
    private boolean changes(int newFrames, int length, int newAnswers) {
        now += TENTH;
        frames += newFrames;
        bytes += (long) newFrames * length;
        answers += newAnswers;
        return limit.look(now, frames, bytes, answers);
    }

    @Test
    void theQueueIsShortUnderAFloodAndLongASecondAfter() {
        assertThat(changes(40_000, SMALL, 0)).as("the first look").isFalse();
        assertThat(changes(40_000, SMALL, 0)).isTrue();
        assertThat(limit.isShort()).isTrue();
        assertThat(changes(40_000, SMALL, 0)).isFalse();
        for (int i = 0; i < 9; i++) {
            assertThat(changes(0, 0, 0)).isFalse();
        }
        assertThat(limit.isShort()).isTrue();
        assertThat(changes(0, 0, 0)).isTrue();
        assertThat(limit.isShort()).isFalse();
    }

    @Test
    void noOtherTrafficIsAFlood() {
        for (int i = 0; i < 30; i++) {
            assertThat(changes(QueueLimit.FLOOD_FRAMES / 10 - 1, SMALL, 0)).as("too few").isFalse();
            assertThat(changes(40_000, QueueLimit.SMALL_FRAME + 1, 0)).as("too large").isFalse();
            assertThat(changes(40_000, SMALL, 10_000)).as("answered").isFalse();
        }
    }
}
