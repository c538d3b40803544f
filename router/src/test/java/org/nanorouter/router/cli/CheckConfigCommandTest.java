// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckConfigCommandTest {
    @TempDir
    private Path directory;
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int check(String... files) {
        String[] words = new String[files.length + 1];
        words[0] = "check-config";
        System.arraycopy(files, 0, words, 1, files.length);
        return Nanorouter.commandLine(words).setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true))
                .execute(words);
    }

    @Test
    void theExamplesHaveNoMistake() {
        assertThat(check("../config/machine.toml", "../config/router.toml")).as(err.toString())
                .isEqualTo(ExitStatus.OK);
        assertThat(out.toString()).isEqualTo("../config/machine.toml: no mistake\n../config/router.toml: no mistake\n");
    }

    @Test
    void everyMistakeOfEveryFileIsALineAndTheExitCodeSaysSo() throws Exception {
        Path machine = Files.writeString(directory.resolve("m.toml"), "[machine]\nsize = 1\n[[os]]\nkind = 5\n");
        Path router = Files.writeString(directory.resolve("r.toml"), "[bridge]\ncapacity = \"x\"\n");
        assertThat(check(machine.toString(), router.toString())).isEqualTo(ExitStatus.CONFIGURATION);
        assertThat(err.toString().lines()).hasSizeGreaterThanOrEqualTo(4)
                .allMatch(line -> line.matches(".*/[mr]\\.toml:[0-9]+:[0-9]+: .*; expected .*"));
    }
}
