// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** That benchmarks measure something and leave nothing behind; not how fast anything is. */
@Tag("once")
class BenchIT {
    private static final int LIMIT_S = 60;
    private static final String OPTIONS = "NANOROUTER_JAVA_OPTIONS";

    @TempDir
    private Path directory;

    private Process startUntilMeasuring() throws IOException {
        Privilege.requireRoot();
        Privilege.requireTun();
        Privilege.requireProgram("iperf3");
        Privilege.requireProgram("setpriv");
        ProcessBuilder builder = new ProcessBuilder(Privilege.requireDist().toString(), "bench",
                "--seconds", "30", "--rounds", "1").redirectErrorStream(true);
        builder.environment().put(OPTIONS, "-Djava.io.tmpdir=" + directory);
        Process bench = builder.start();
        BufferedReader reader = bench.inputReader();
        assertThat(reader.readLine()).contains("nanorouter");
        await().atMost(Duration.ofSeconds(LIMIT_S)).pollInterval(Duration.ofMillis(50)).until(() ->
                processesHere().stream().anyMatch(line -> line.contains("iperf3 -c")));
        assertThat(namespaces(bench)).hasSize(3);
        return bench;
    }

    private static List<String> namespaces(Process bench) throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/run/netns"))) {
            return all.map(path -> path.getFileName().toString())
                    .filter(name -> name.startsWith("nkb" + bench.pid() + "-")).toList();
        }
    }

    private List<String> processesHere() {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(this::isHere).map(process -> process.info().commandLine().orElse("")).toList();
        }
    }

    private boolean isHere(ProcessHandle process) {
        try {
            return Files.readString(Path.of("/proc", String.valueOf(process.pid()), "environ"),
                    StandardCharsets.ISO_8859_1).contains(OPTIONS + "=-Djava.io.tmpdir=" + directory + "\0");
        } catch (IOException e) {
            // It has ended.
            return false;
        }
    }

    private void awaitNoProcess() {
        await().atMost(Duration.ofSeconds(LIMIT_S)).untilAsserted(() -> assertThat(processesHere()).isEmpty());
    }

    @Test
    void nothingIsLeftOfOneThatWasTerminated() throws Exception {
        Process bench = startUntilMeasuring();
        bench.destroy();
        assertThat(bench.waitFor(LIMIT_S, SECONDS)).isTrue();
        awaitNoProcess();
        assertThat(namespaces(bench)).isEmpty();
        assertThat(directory).isEmptyDirectory();
    }

    @Test
    void processesOfOneThatWasKilledEndAndTheNextRemovesTheRest() throws Exception {
        Process killed = startUntilMeasuring();
        killed.destroyForcibly().waitFor();
        awaitNoProcess();
        Process next = startUntilMeasuring();
        assertThat(namespaces(killed)).isEmpty();
        next.destroy();
        assertThat(next.waitFor(LIMIT_S, SECONDS)).isTrue();
        awaitNoProcess();
        assertThat(directory.toFile().list()).allMatch(name -> name.endsWith(".err"));
    }

    @Test
    void whatProgramsPayIsMeasuredAndNothingIsLeft() throws Exception {
        Privilege.requireRoot();
        Command bench = Command.run(Map.of(OPTIONS, "-Djava.io.tmpdir=" + directory), List.of(
                Privilege.requireDist().toString(), "bench", "nanokernel", "--rounds", "1", "--no-ring", "-j"));
        assertThat(bench.status()).as(bench.err()).isZero();
        assertThat(JSON.std.mapFrom(bench.out())).containsKeys("round trip, message, p50, us",
                "message p50, times the eventfd's", "64-byte messages one way, million/s",
                "semaphore, uncontended, ns", "attach 32 OSes, s")
                .allSatisfy((what, value) -> assertThat(((Number) value).doubleValue()).as(what).isPositive());
        awaitNoProcess();
        assertThat(directory).isEmptyDirectory();
    }
}
