// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The demonstration, with a smaller file: that it passes, and that nothing of it is left behind. */
class DemoIT {
    private static final List<String> SMALL = List.of("--size", "8");
    private static final int LIMIT_S = 180;
    private static final int STEPS = 22;
    private static final String UP = "press Ctrl-C";

    private Path program;
    private Path directory;
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void findProgram() throws IOException {
        program = Privilege.requireDist();
        Privilege.requireTun();
        directory = Files.createTempDirectory("demo-it-");
        Files.createDirectories(directory.resolve("tmp"));
        for (Path place : List.of(directory, directory.resolve("tmp"))) {
            Files.setPosixFilePermissions(place, PosixFilePermissions.fromString("rwxrwxrwx"));
        }
    }

    @AfterEach
    void removeDirectory() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }

    private Process start(List<String> before, String... options) throws IOException {
        List<String> command = new ArrayList<>(before);
        command.add(program.toString());
        command.add("demo");
        if (!List.of(options).contains("--size")) {
            command.addAll(SMALL);
        }
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().put("NANOROUTER_RUN", directory.resolve("run").toString());
        builder.environment().put("TMPDIR", directory.resolve("tmp").toString());
        Process process = builder.start();
        processes.add(process);
        return process;
    }

    private void assertPasses(Process demo) throws Exception {
        String output = new String(demo.getInputStream().readAllBytes());
        assertThat(demo.waitFor(LIMIT_S, SECONDS)).isTrue();
        assertThat(output).endsWith("\n" + STEPS + " passed, 0 failed\n").doesNotContain("\u001b", "\r");
        assertThat(demo.exitValue()).isZero();
        assertNothingIsLeft();
    }

    private void assertNothingIsLeft() {
        await().atMost(Duration.ofSeconds(20)).untilAsserted(() -> {
            assertThat(processesHere()).isEmpty();
            assertThat(directory.resolve("tmp")).isEmptyDirectory();
            assertThat(directory.resolve("run")).satisfiesAnyOf(
                    run -> assertThat(run).doesNotExist(), run -> assertThat(run).isEmptyDirectory());
        });
    }

    /** Those whose command line or environment names this test's directory. */
    private List<String> processesHere() {
        try (Stream<ProcessHandle> all = ProcessHandle.allProcesses()) {
            return all.filter(process -> process.pid() != ProcessHandle.current().pid())
                    .filter(this::isHere)
                    .map(process -> process.pid() + " " + process.info().commandLine().orElse(""))
                    .toList();
        }
    }

    private boolean isHere(ProcessHandle process) {
        try {
            Path proc = Path.of("/proc", String.valueOf(process.pid()));
            return Files.readString(proc.resolve("environ"), StandardCharsets.ISO_8859_1)
                    .contains(directory.toString());
        } catch (IOException e) {
            // It has ended.
            return false;
        }
    }

    private static void awaitUp(BufferedReader reader) throws IOException {
        StringBuilder seen = new StringBuilder();
        String line = reader.readLine();
        while (line != null && !line.contains(UP)) {
            seen.append(line).append('\n');
            line = reader.readLine();
        }
        assertThat(line).as(seen.toString()).contains(UP);
    }

    @Test
    void everyStepPasses() throws Exception {
        assertPasses(start(List.of(), "--check"));
    }

    @Test
    void embeddedServersPassTheSameSteps() throws Exception {
        assertPasses(start(List.of(), "--check", "--embedded"));
    }

    @Test
    void everyStepPassesForAnOrdinaryUser() throws Exception {
        Privilege.requireRoot();
        assertPasses(start(Privilege.asOrdinaryUser(), "--check"));
    }

    @Test
    void machinesOwnLinuxCanBeTheHost() throws Exception {
        Privilege.requireRoot();
        assertPasses(start(List.of("unshare", "-n"), "--check", "--host", "external"));
    }

    @Tag("once")
    @Test
    void twoRunBesideEachOther() throws Exception {
        Process first = start(List.of(), "--check");
        Process second = start(List.of(), "--check");
        String output = new String(second.getInputStream().readAllBytes());
        assertPasses(first);
        assertThat(output).endsWith("\n" + STEPS + " passed, 0 failed\n");
    }

    @Tag("once")
    @ParameterizedTest
    @ValueSource(strings = {"KILL", "INT", "TERM"})
    void nothingIsLeftOfOneThatWasStopped(String signal) throws Exception {
        Process demo = start(List.of(), "--stay");
        BufferedReader reader = new BufferedReader(new InputStreamReader(demo.getInputStream()));
        awaitUp(reader);
        assertThat(processesHere()).hasSizeGreaterThan(4);
        new ProcessBuilder("kill", "-" + signal, String.valueOf(demo.pid())).start().waitFor();
        assertThat(reader.lines()).isEmpty();
        assertThat(demo.waitFor(LIMIT_S, SECONDS)).isTrue();
        assertNothingIsLeft();
    }

    @Tag("once")
    @Test
    void nothingIsLeftOfOneWithAnExternalHostThatWasKilledWithinATransfer() throws Exception {
        Privilege.requireRoot();
        String namespace = "nkit" + ProcessHandle.current().pid();
        assertThat(Command.run("ip", "netns", "add", namespace).status()).isZero();
        try {
            Process demo = start(List.of("ip", "netns", "exec", namespace), "--host", "external", "--size", "2048");
            await().atMost(Duration.ofSeconds(LIMIT_S)).pollInterval(Duration.ofMillis(20)).until(() ->
                    processesHere().stream().anyMatch(line -> line.contains(" -n -v ")));
            assertThat(Command.run("ip", "-n", namespace, "-o", "link").out()).contains("nk0");
            demo.destroyForcibly().waitFor();
            assertNothingIsLeft();
            assertThat(Command.run("ip", "-n", namespace, "-o", "link").out()).doesNotContain("nk0");
            assertThat(Command.run("ip", "netns", "pids", namespace).out()).isEmpty();
        } finally {
            Command.run("ip", "netns", "del", namespace);
        }
    }

    @Test
    void externalHostIsRefusedWithoutRights() throws Exception {
        Privilege.requireRoot();
        Process demo = start(Privilege.asOrdinaryUser(), "--host", "external");
        assertThat(new String(demo.getInputStream().readAllBytes())).contains("needs root").hasLineCount(1);
        assertThat(demo.waitFor()).isEqualTo(77);
    }

    @Test
    void externalHostIsRefusedWhereItsInterfaceIs() throws Exception {
        Privilege.requireRoot();
        Process demo = start(List.of("unshare", "-n", "sh", "-c",
                "ip tuntap add nk0 mode tap && exec \"$@\"", "sh"), "--host", "external");
        assertThat(new String(demo.getInputStream().readAllBytes())).contains("interface nk0").hasLineCount(1);
        assertThat(demo.waitFor()).isEqualTo(73);
    }
}
