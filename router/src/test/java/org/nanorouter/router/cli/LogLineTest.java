// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Instant;
import java.time.LocalDateTime;
import java.time.ZoneId;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.Test;

class LogLineTest {
    private static LogRecord event(String message) {
        LogRecord event = new LogRecord(Level.WARNING, message);
        event.setInstant(LocalDateTime.of(2026, 3, 4, 5, 6, 7, 8_000_000).atZone(ZoneId.systemDefault()).toInstant());
        return event;
    }

    @Test
    void anEventIsALineWithTimeLevelAndMessage() {
        assertThat(new LogLine().format(event("port nk0 is up")))
                .isEqualTo("2026-03-04 05:06:07.008 WARNING port nk0 is up%n".formatted());
    }

    @Test
    void thePercentSignsOfAMessageAreText() {
        assertThat(new LogLine().format(event("100%s {0}"))).endsWith(" WARNING 100%s {0}" + System.lineSeparator());
    }

    @Test
    void aStackTraceFollowsItsLine() {
        LogRecord event = event("failed");
        event.setThrown(new IllegalStateException("why"));
        event.setInstant(Instant.EPOCH);
        assertThat(new LogLine().format(event).lines())
                .anySatisfy(line -> assertThat(line).endsWith(" WARNING failed"))
                .contains("java.lang.IllegalStateException: why")
                .anySatisfy(line -> assertThat(line).startsWith("\tat " + LogLineTest.class.getName()));
    }
}
