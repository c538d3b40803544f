// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.router.cli.Nanorouter;

/** A {@code nanorouter kernel} in a process of its own, with a base directory of its own. */
final class RunningKernel implements AutoCloseable {
    /** Marks every process that descends from it. */
    private static final String MARK = "NK_IT_MARK";
    private static final long WAIT_S = 60;
    private static final Duration POLL = Duration.ofMillis(20);

    final Path base;
    final Process process;
    private final String mark;
    private final Path log;

    private RunningKernel(Path base, Process process, String mark, Path log) {
        this.base = base;
        this.process = process;
        this.mark = mark;
        this.log = log;
    }

    /** A table of machine.toml: an OS that is an agent at 10.77.0.{@code number} and is never started again. */
    static String agent(String name, int number) {
        String folder = System.getProperty("nanorouter.native");
        return String.format("""
                [[os]]
                name = "%s"
                init = ["%s/nk-agent", "--address", "10.77.0.%d/24"]
                mounts = [{ source = "%s" }]
                restart = { policy = "never" }
                """, name, folder, number, folder);
    }

    /** Starts it; its machine.toml is {@code config}. */
    static RunningKernel start(Path directory, String config, String... options) throws IOException {
        return startBehind(List.of(), directory, config, options);
    }

    /** The same, as the arguments of another command, which becomes it. */
    static RunningKernel startBehind(List<String> prefix, Path directory, String config, String... options)
            throws IOException {
        Path log = directory.resolve("kernel.log");
        String mark = markOf(directory);
        ProcessBuilder builder = builder(directory, config, options).redirectErrorStream(true)
                .redirectOutput(log.toFile());
        builder.command().addAll(0, prefix);
        return new RunningKernel(directory.resolve("run"), builder.start(), mark, log);
    }

    /** The same, with a keeper, which is the process, and which starts it again when it is killed. */
    static RunningKernel startKept(Path directory, String config) throws IOException {
        Path log = directory.resolve("kernel.log");
        ProcessBuilder builder = builder(directory, config).redirectErrorStream(true).redirectOutput(log.toFile());
        builder.command().add(0, System.getProperty("nanorouter.native") + "/nk-keeper");
        return new RunningKernel(directory.resolve("run"), builder.start(), markOf(directory), log);
    }

    /** The same, with a process whose end is the end of the nanokernel's standard input. */
    static RunningKernel startOnLifeline(Path directory, Process[] holder, String config) throws IOException {
        Path log = directory.resolve("kernel.log");
        List<Process> line = ProcessBuilder.startPipeline(List.of(
                new ProcessBuilder("/bin/sleep", "1000"),
                builder(directory, config, "--lifeline").redirectErrorStream(true).redirectOutput(log.toFile())));
        holder[0] = line.get(0);
        return new RunningKernel(directory.resolve("run"), line.get(1), markOf(directory), log);
    }

    private static String markOf(Path directory) {
        return directory.toString();
    }

    /** The command line, ready to be started. */
    static ProcessBuilder builder(Path directory, String config, String... options) throws IOException {
        Path file = directory.resolve("machine.toml");
        Files.writeString(file, config);
        List<String> command = program();
        command.addAll(List.of("kernel", "-c", file.toString()));
        command.addAll(List.of(options));
        ProcessBuilder builder = new ProcessBuilder(command);
        builder.environment().put("NANOROUTER_RUN", directory.resolve("run").toString());
        builder.environment().put(MARK, markOf(directory));
        return builder;
    }

    private static List<String> program() {
        return new ArrayList<>(List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m",
                "-Dnanorouter.native=" + System.getProperty("nanorouter.native"),
                "-cp", System.getProperty("java.class.path"), Nanorouter.class.getName()));
    }

    /** Runs a command of the program on this instance. */
    Command nanorouter(String... words) {
        return nanorouterIn(List.of(), words);
    }

    /** Runs it as the arguments of another command. */
    Command nanorouterIn(List<String> prefix, String... words) {
        List<String> command = new ArrayList<>(prefix);
        command.addAll(program());
        command.addAll(List.of(words));
        return Command.run(Map.of("NANOROUTER_RUN", base.toString()), command);
    }

    Path controlSocket() {
        return base.resolve("default/kernel.sock");
    }

    Map<String, Object> call(String verb, String os) throws IOException, ControlException {
        try (ControlClient client = ControlClient.connect(controlSocket())) {
            return client.call(verb, "os", os);
        }
    }

    /** What the nanokernel says of itself. */
    Map<String, Object> status() throws IOException, ControlException {
        try (ControlClient client = ControlClient.connect(controlSocket())) {
            return client.call("status");
        }
    }

    /** The nanokernel itself, whoever started it. */
    ProcessHandle nanokernel() throws IOException, ControlException {
        return ProcessHandle.of(((Number) status().get("pid")).longValue()).orElseThrow();
    }

    String state(String os) {
        try {
            return (String) call("os.show", os).get("state");
        } catch (IOException e) {
            return process.isAlive() ? "not yet" : "the nanokernel ended with " + process.exitValue() + ": " + log();
        } catch (ControlException e) {
            throw new AssertionError(e);
        }
    }

    void awaitState(String os, String state) {
        String[] last = {""};
        await(os + " is " + state).atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL).until(() -> {
            last[0] = state(os);
            if (last[0].startsWith("the nanokernel")) {
                throw new AssertionError(last[0]);
            }
            return last[0].equals(state);
        });
    }

    /** Process 1 of an OS's cell. */
    long pid(String os) throws IOException, ControlException {
        return ((Number) call("os.enter", os).get("pid")).longValue();
    }

    /** Runs a command inside an OS. */
    Command inside(String os, String... words) throws IOException, ControlException {
        return Command.run(Map.of(), entering(os, words));
    }

    /** The command line that runs a command inside an OS. */
    List<String> entering(String os, String... words) throws IOException, ControlException {
        List<String> command = new ArrayList<>(List.of("nsenter", "-t", String.valueOf(pid(os)), "-U", "-m", "-u", "-i",
                "-n", "-p", "-S", "0", "-G", "0", "--"));
        command.addAll(List.of(words));
        return command;
    }

    /** Stops a command that entered an OS; nsenter, its parent, stops when it does. */
    static void stop(Process entered) {
        signal("STOP", entered.descendants());
    }

    /** Lets one that was stopped go on. */
    static void resume(Process entered) {
        signal("CONT", Stream.concat(entered.descendants(), Stream.of(entered.toHandle())));
    }

    private static void signal(String name, Stream<ProcessHandle> processes) {
        String[] line = Stream.concat(Stream.of("kill", "-" + name), processes.map(each -> Long.toString(each.pid())))
                .toArray(String[]::new);
        Command kill = Command.run(line);
        assertThat(kill.status()).as(kill.err()).isZero();
    }

    /** Ends a command that entered an OS: the program is a child of nsenter, and in another session. */
    static void kill(Process entered) throws InterruptedException {
        entered.descendants().forEach(ProcessHandle::destroyForcibly);
        entered.destroyForcibly().waitFor();
    }

    /** Whether an echo request of one OS reaches the address of another, and its answer comes back. */
    boolean pings(String os, String address) throws IOException, ControlException {
        return inside(os, "ping", "-c", "1", "-W", "5", address).status() == 0;
    }

    String log() {
        try {
            return Files.readString(log);
        } catch (IOException e) {
            return e.toString();
        }
    }

    /** Command lines of the processes that descend from it and still run. */
    List<String> processes() throws IOException {
        List<String> found = new ArrayList<>();
        try (Stream<Path> entries = Files.list(Path.of("/proc"))) {
            for (Path entry : entries.filter(path -> path.getFileName().toString().matches("[0-9]+")).toList()) {
                try {
                    if (Files.readString(entry.resolve("environ"), StandardCharsets.ISO_8859_1)
                            .contains(MARK + "=" + mark + "\0")) {
                        found.add(Files.readString(entry.resolve("cmdline")).replace('\0', ' '));
                    }
                } catch (IOException e) {
                    // It has just ended.
                    continue;
                }
            }
        }
        return found;
    }

    void awaitNothingLeft() {
        await("no process and no file is left").atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL)
                .until(() -> processes().isEmpty() && !Files.exists(base));
    }

    @Override
    public void close() {
        process.destroy();
        try {
            if (!process.waitFor(WAIT_S, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
