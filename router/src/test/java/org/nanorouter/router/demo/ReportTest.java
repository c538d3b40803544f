// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final StringWriter shown = new StringWriter();
    private long now;

    private Report report(boolean live) {
        return new Report(new PrintWriter(shown), live, false, () -> now);
    }

    @Test
    void eachStepIsALineAndIsCounted() throws Exception {
        Report report = report(false);
        assertThat(report.step("one", () -> "")).isTrue();
        assertThat(report.step("two", () -> "found it")).isTrue();
        assertThat(report.step("three", () -> {
            throw new StepFailure("not there", "line 1\nline 2");
        })).isFalse();
        assertThat(report.step("four", () -> {
            throw new IOException("broken");
        })).isFalse();
        assertThat(shown.toString().replaceAll("[0-9.]+ s", "T")).isEqualTo("""
                  ok      T   one
                  ok      T   two: found it
                  FAIL    T   three: not there
                         | line 1
                         | line 2
                  FAIL    T   four: java.io.IOException: broken
                """);
        assertThat(report.sum()).isEqualTo("2 passed, 2 failed");
        assertThat(report.failed()).isEqualTo(2);
    }

    @Test
    void progressIsShownOnATerminalAlone() throws Exception {
        report(false).step("quiet", () -> {
            throw new StepFailure("");
        });
        Report plain = report(false);
        plain.progress(1, 2);
        assertThat(shown.toString()).doesNotContain("\r");
        Report live = report(true);
        live.step("ftp get 256 MiB, passive, 10.77.0.2", () -> {
            live.progress(128L << 20, 256L << 20);
            now += 1_000_000_000;
            live.progress(192L << 20, 256L << 20);
            return "";
        });
        String[] lines = shown.toString().split("\r");
        assertThat(lines[2]).contains("[#######       ]  50 %").doesNotContain("bit/s");
        assertThat(lines[3]).contains("[###########   ]  75 % 1.6 Gbit/s")
                .hasSizeLessThanOrEqualTo(80 + "\u001b[K".length());
    }

    @Test
    void nothingIsShownAfterAnInterrupt() throws Exception {
        Report report = report(true);
        report.silence();
        report.step("late", () -> "");
        report.heading("late");
        assertThat(shown.toString()).isEmpty();
    }

    @Test
    void ratesAreInGigabits() {
        assertThat(Report.rate(1_000_000_000, 1)).isEqualTo("8.0 Gbit/s");
        assertThat(Report.rate(10_000_000, 1)).isEqualTo("0.08 Gbit/s");
        assertThat(Report.rate(0, 0)).isEqualTo("0.00 Gbit/s");
    }
}
