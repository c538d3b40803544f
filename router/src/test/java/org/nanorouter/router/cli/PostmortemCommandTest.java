// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;

/** What can be said of {@code os postmortem} without a nanokernel; the rest is of PostmortemIT. */
class PostmortemCommandTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Nanorouter.commandLine(args).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .execute(args);
    }

    @Test
    void helpHasExamples() {
        assertThat(run("os", "postmortem", "--help")).isEqualTo(ExitStatus.OK);
        assertThat(out.toString()).contains("Examples:", "-w f.pcapng");
        assertThat(out.toString().lines()).allMatch(line -> line.length() <= 80);
    }

    @Test
    void standardOutputIsForOneOfFileAndReport() {
        assertThat(run("os", "postmortem", "guest", "-w", "-", "-j")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("both want standard output");
    }

    @Test
    void theOsIsToBeNamed() {
        assertThat(run("os", "postmortem")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("OS");
    }
}
