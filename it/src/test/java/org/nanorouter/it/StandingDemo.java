// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/** The demonstration, up until it is closed, with directories of its own. */
final class StandingDemo implements AutoCloseable {
    private static final String UP = "press Ctrl-C";
    private static final int LIMIT_S = 60;

    private final Path program;
    private final Path directory;
    private final Process demo;

    private StandingDemo(Path program, Path directory, Process demo) {
        this.program = program;
        this.directory = directory;
        this.demo = demo;
    }

    /** Starts it, and waits until it is up. */
    static StandingDemo start() throws IOException {
        Privilege.requireRoot();
        Privilege.requireTun();
        Path program = Privilege.requireDist();
        Path directory = Files.createTempDirectory("demo-it-");
        Files.createDirectories(directory.resolve("tmp"));
        ProcessBuilder builder = new ProcessBuilder(program.toString(), "demo", "--stay", "--size", "1")
                .redirectErrorStream(true);
        builder.environment().putAll(environment(directory));
        StandingDemo standing = new StandingDemo(program, directory, builder.start());
        BufferedReader reader = new BufferedReader(new InputStreamReader(standing.demo.getInputStream()));
        StringBuilder seen = new StringBuilder();
        String line = reader.readLine();
        while (line != null && !line.contains(UP)) {
            seen.append(line).append('\n');
            line = reader.readLine();
        }
        if (line == null) {
            standing.close();
        }
        assertThat(line).as(seen.toString()).contains(UP);
        return standing;
    }

    private static Map<String, String> environment(Path directory) {
        return Map.of("NANOROUTER_RUN", directory.resolve("run").toString(),
                "TMPDIR", directory.resolve("tmp").toString());
    }

    Map<String, String> environment() {
        return environment(directory);
    }

    Path program() {
        return program;
    }

    /** For what a test writes; removed with the rest. */
    Path directory() {
        return directory;
    }

    /** A command of the program, once it has ended. */
    Command nanorouter(String... words) {
        List<String> command = new ArrayList<>(List.of(program.toString()));
        command.addAll(List.of(words));
        return Command.run(environment(), command);
    }

    /** The line that runs a command in an OS. */
    List<String> exec(String os, String... words) {
        List<String> command = new ArrayList<>(List.of(program.toString(), "exec", os, "--"));
        command.addAll(List.of(words));
        return command;
    }

    /** What a command in the host OS printed, once it has succeeded. */
    String host(String... words) {
        Command command = Command.run(environment(), exec("host", words));
        assertThat(command.status()).as(command.out() + command.err()).isZero();
        return command.out();
    }

    @Override
    public void close() {
        try {
            demo.destroy();
            if (!demo.waitFor(LIMIT_S, SECONDS)) {
                demo.destroyForcibly().waitFor();
            }
            try (Stream<Path> files = Files.walk(directory)) {
                files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
            }
        } catch (IOException e) {
            throw new java.io.UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
