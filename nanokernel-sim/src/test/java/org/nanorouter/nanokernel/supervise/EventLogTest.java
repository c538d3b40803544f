// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.OsState;

class EventLogTest {
    private final EventLog log = new EventLog();

    private void add(String os) {
        log.add(7, os, 1, OsState.BOOTING, OsState.RUNNING, "said READY");
    }

    @Test
    void eventsComeBackInTheirOrderFromAnyPlaceOn() {
        add("host");
        add("guest");
        add("host");
        assertThat(log.since(0)).extracting(OsEvent::sequence).containsExactly(1L, 2L, 3L);
        assertThat(log.since(2)).extracting(OsEvent::os).containsExactly("host");
        assertThat(log.since(3)).isEmpty();
        assertThat(log.of("host")).extracting(OsEvent::sequence).containsExactly(1L, 3L);
    }

    @Test
    void theOldestGiveWay() {
        for (int i = 0; i < EventLog.CAPACITY + 10; i++) {
            add("guest");
        }
        assertThat(log.since(0)).hasSize(EventLog.CAPACITY);
        assertThat(log.since(0).get(0).sequence()).isEqualTo(11);
    }
}
