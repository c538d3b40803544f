// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Runs the self-tests of the C side under the sanitizers; each claim of theirs prints a line. */
@Tag("once")
class CSelfTest {
    private static final Path PROGRAMS = Path.of("target/native-asan");

    @TempDir
    static Path directory;

    @BeforeAll
    static void buildWithSanitizers() throws IOException, InterruptedException {
        run("make", "-s", "-j" + Runtime.getRuntime().availableProcessors(), "asan");
    }

    @ParameterizedTest
    @ValueSource(strings = {"shim-selftest", "shim-process-selftest", "shim-futex-selftest", "ring-selftest",
        "hostile-selftest", "kill-selftest", "attach-selftest", "keeper-selftest", "program-selftest", "sync-selftest",
        "agent-selftest", "frame-selftest", "intake-selftest", "forward-selftest", "sessions-selftest"})
    void everyClaimHolds(String program) throws IOException, InterruptedException {
        String output = run(PROGRAMS.resolve(program).toString());
        assertThat(output).contains("ok ").doesNotContain("FAILED");
        if (Boolean.parseBoolean(System.getenv("CI"))) {
            assertThat(output).doesNotContainPattern("(?m)^skipped");
        }
    }

    /** Runs it to its end, which must be status 0, and returns what it said. */
    private static String run(String... command) throws IOException, InterruptedException {
        List<String> words = List.of(command);
        Path log = Files.createTempFile(directory, "output", ".log");
        java.lang.Process process = new ProcessBuilder(words).redirectErrorStream(true).redirectOutput(log.toFile())
            .start();
        boolean ended = process.waitFor(3, TimeUnit.MINUTES);
        if (!ended) {
            process.destroyForcibly();
        }
        String output = Files.readString(log);
        assertThat(ended).as("%s ends: %s", words, output).isTrue();
        assertThat(process.exitValue()).as("%s: %s", words, output).isZero();
        return output;
    }
}
