// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.FileNotFoundException;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class ReclaimTest {
    private long now;
    private int calls;

    private String ask(int failures, IOException failure) throws IOException {
        return Reclaim.ask(() -> {
            calls++;
            if (calls <= failures) {
                throw failure;
            }
            return "done";
        }, e -> "held".equals(e.getMessage()), () -> now, nanos -> now += nanos);
    }

    @Test
    void whatIsHeldIsAskedForAgainAtOnce() throws Exception {
        assertThat(ask(1, new IOException("held"))).isEqualTo("done");
        assertThat(calls).isEqualTo(2);
        assertThat(now).isLessThan(1_000_000);
    }

    @Test
    void whatStaysHeldIsGivenUpAfterASecond() {
        assertThatThrownBy(() -> ask(Integer.MAX_VALUE, new IOException("held"))).hasMessage("held");
        assertThat(now).isBetween(Reclaim.LIMIT_NANOS, Reclaim.LIMIT_NANOS + 10_000_000);
        assertThat(calls).isLessThan(300);
    }

    @Test
    void anotherFailureIsNotTriedAgain() {
        assertThatThrownBy(() -> ask(1, new FileNotFoundException("gone"))).hasMessage("gone");
        assertThat(calls).isEqualTo(1);
    }
}
