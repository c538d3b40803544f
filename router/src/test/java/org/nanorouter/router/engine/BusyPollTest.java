// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BusyPollTest {
    private static final int SMALL = 60;

    private final BusyPoll busyPoll = new BusyPoll();
    private long now = 1_000_000_000L;

    @Test
    void oneRequestIsLookedForOnce() {
        assertThat(busyPoll.begins(now)).isFalse();
        busyPoll.sent(SMALL);
        assertThat(busyPoll.isRequested()).isTrue();
        assertThat(busyPoll.begins(now)).isTrue();
        assertThat(busyPoll.isRequested()).isFalse();
        assertThat(busyPoll.begins(now)).isFalse();
    }

    @Test
    void whoIsAnsweredIsLookedForEveryTime() {
        for (int i = 0; i < 100; i++) {
            busyPoll.sent(SMALL);
            assertThat(busyPoll.begins(now)).isTrue();
            busyPoll.ended(true, now);
        }
    }

    @Test
    void afterEachInVainTheNextIsLater() {
        long expected = BusyPoll.MIN_BACK_OFF_NANOS;
        for (int vain = 0; vain < 12; vain++) {
            assertThat(looksAfter(expected - 1)).as("before the time, after %d in vain", vain).isEqualTo(vain == 0);
            if (vain > 0) {
                assertThat(looksAfter(1)).as("at the time, after %d in vain", vain).isTrue();
            }
            expected = vain == 0 ? expected : Math.min(2 * expected, BusyPoll.MAX_BACK_OFF_NANOS);
            busyPoll.ended(false, now);
        }
        assertThat(looksAfter(BusyPoll.MAX_BACK_OFF_NANOS)).isTrue();
        busyPoll.ended(true, now);
        assertThat(looksAfter(0)).isTrue();
        busyPoll.ended(false, now);
        assertThat(looksAfter(BusyPoll.MIN_BACK_OFF_NANOS)).as("after an answer the count begins anew").isTrue();
    }

    private boolean looksAfter(long nanos) {
        now += nanos;
        busyPoll.sent(SMALL);
        return busyPoll.begins(now);
    }
}
