// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** {@code top} on a terminal of tmux, beside a machine of two OSes where pings cross. */
@Tag("once")
@Timeout(120)
class TopIT {
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    /** A look costs two processes. */
    private static final Duration POLL = Duration.ofMillis(100);

    @TempDir
    private static Path directory;
    private static Path program;
    private static RunningKernel kernel;
    private static Process ping;
    private static int terminals;

    /** A server of its own for each terminal: one that ends still accepts. */
    private final String tmux = "nkit" + ProcessHandle.current().pid() + "-" + ++terminals;

    @BeforeAll
    static void startMachine() throws Exception {
        Privilege.requireRoot();
        Privilege.requireTun();
        Privilege.requireProgram("ping");
        Privilege.requireProgram("tmux");
        program = Privilege.requireDist();
        Path configuration = Files.createDirectory(directory.resolve("host"));
        Path file = Files.writeString(configuration.resolve("router.toml"), """
                [[port]]
                name = "nk0"
                kind = "tap"
                addresses = ["10.77.0.1/24"]
                persistent = true
                [[port]]
                name = "peers"
                kind = "channel"
                """);
        Files.setPosixFilePermissions(configuration, PosixFilePermissions.fromString("rwxr-xr-x"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
        kernel = RunningKernel.start(directory, """
                [[os]]
                name = "host"
                services = [{ command = ["%s", "run", "-c", "/run/host/router.toml"] }]
                mounts = [{ source = "%s", target = "/run/host" }]
                env = { NANOROUTER_JAVA_HOME = "%s" }
                """.formatted(program, configuration, System.getProperty("java.home"))
                + RunningKernel.agent("guest", 2));
        kernel.awaitState("host", "running");
        kernel.awaitState("guest", "running");
        ping = new ProcessBuilder(kernel.entering("host", "ping", "-q", "-i", "0.02", "10.77.0.2"))
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).redirectError(ProcessBuilder.Redirect.DISCARD).start();
    }

    @AfterAll
    static void endMachine() throws Exception {
        if (ping != null) {
            ping.destroyForcibly().waitFor();
        }
        if (kernel != null) {
            kernel.close();
            kernel.awaitNothingLeft();
        }
    }

    @AfterEach
    void endTerminal() {
        tmux("kill-server");
    }

    private Command tmux(String... words) {
        List<String> line = new ArrayList<>(List.of("tmux", "-L", tmux, "-f", "/dev/null"));
        line.addAll(List.of(words));
        return Command.run(Map.of("LC_ALL", "C.UTF-8", "TMUX_TMPDIR", directory.toString(),
                "NANOROUTER_RUN", kernel.base.toString(),
                "NANOROUTER_JAVA_HOME", System.getProperty("java.home")), line);
    }

    /** A terminal on which a line of shell runs, and which stays when that has ended. */
    private void terminal(String shell) {
        // ^C is for the shell, too.
        Command start = tmux("new-session", "-d", "-x", "120", "-y", "40", "sh", "-c", "trap : INT; top() { '" + program
                + "' top \"$@\"; }; " + shell + "; exec cat");
        assertThat(start.status()).as(start.err()).isZero();
    }

    private String awaitScreen(String what, Predicate<String> condition) {
        String[] seen = {""};
        await(what).atMost(PATIENCE).pollInterval(POLL).pollDelay(Duration.ZERO).untilAsserted(() -> {
            Command capture = tmux("capture-pane", "-p");
            seen[0] = capture.out() + capture.err();
            assertThat(seen[0]).matches(condition, what);
        });
        return seen[0];
    }

    private String awaitScreen(String text) {
        return awaitScreen(text, screen -> screen.contains(text));
    }

    @Test
    void itShowsWhatCrossesObeysKeysAndSizesAndLeavesTheTerminalAsItWas() throws Exception {
        terminal("stty -a | cksum; echo before; top; echo left $?; stty -a | cksum");
        String screen = awaitScreen("a rate", seen -> seen.matches("(?s).*peers:guest +(channel +)?up +\\d[^ ]*k .*"));
        assertThat(screen).contains("OS     KIND       STATE", "host   namespace  running", "\u2500")
                .doesNotContain("before");

        tmux("send-keys", "b");
        awaitScreen("IN byte/s");
        tmux("send-keys", "/", "nk");
        awaitScreen("the filter", seen -> seen.contains("filter: nk_") && !seen.contains("peers:guest"));
        tmux("send-keys", "Escape");
        awaitScreen("peers:guest");
        tmux("send-keys", "?");
        awaitScreen("reverse the order");
        tmux("send-keys", "x");
        tmux("resize-window", "-x", "40", "-y", "10");
        awaitScreen("the small picture", seen -> seen.contains("\nPORT ") && !seen.contains("KIND")
                && seen.lines().count() <= 10);

        kernel.call("os.kill_endpoint", "host");
        awaitScreen("the death of the router", seen -> seen.contains("no router for ") || seen.contains("not answer"));
        awaitScreen("another router", seen -> seen.contains("nk0") && !seen.contains("no router"));

        tmux("resize-window", "-x", "120", "-y", "40");
        awaitScreen("LAST 60 s");
        tmux("send-keys", "q");
        String after = awaitScreen("the end", seen -> seen.matches("(?s).*left 0\n\\d+ .*"));
        List<String> sums = after.lines().filter(line -> line.matches("\\d+ \\d+")).toList();
        assertThat(sums).hasSize(2);
        assertThat(after).contains("before").doesNotContain("PORT");
    }

    @Test
    void signalsLeaveTheTerminalAsItWas() {
        terminal("stty -g; top; echo left $?; read go; top; echo then $?; stty -g; TERM=dumb top; echo dumb $?");
        awaitScreen("PORT");
        tmux("send-keys", "C-c");
        awaitScreen("left 130");
        tmux("send-keys", "Enter");
        awaitScreen("PORT");
        String shell = tmux("display-message", "-p", "#{pane_pid}").out().strip();
        String pid = Command.run("pgrep", "-P", shell, "-f", "router[.]cli[.]Nanorouter top$").out().strip();
        assertThat(Command.run("kill", "-TERM", pid).status()).isZero();
        String screen = awaitScreen("dumb 64");
        assertThat(screen).contains("left 130", "then 143", "TERM=dumb", "--once", "--batch").doesNotContain("PORT");
        assertThat(screen.lines().filter(line -> line.matches("[0-9a-f]+:[0-9a-f:]+")).distinct()).hasSize(1);
    }

    @Test
    void withoutATerminalItIsATableOrObjectsAndEndsWithItsReader() throws Exception {
        Map<String, String> environment = Map.of("NANOROUTER_RUN", kernel.base.toString(), "NANOROUTER_JAVA_HOME",
                System.getProperty("java.home"));
        Command plain = Command.run(environment, List.of(program.toString(), "top"));
        assertThat(plain.status()).isEqualTo(64);
        assertThat(plain.err()).contains("no terminal", "--once", "--batch").hasLineCount(1);

        Command batch = Command.run(environment, List.of("bash", "-c",
                "'" + program + "' top --batch -d 0.2 -j | head -n 2; echo ${PIPESTATUS[0]}"));
        List<String> lines = batch.out().lines().toList();
        assertThat(lines).hasSize(3).last().isEqualTo("0");
        assertThat(batch.err()).isEmpty();
        Map<String, Object> report = JSON.std.mapFrom(lines.get(1));
        assertThat(report).containsKeys("time", "interval_ms", "nanokernel", "oses", "routers");
        Map<?, ?> router = (Map<?, ?>) ((List<?>) report.get("routers")).get(0);
        assertThat((List<?>) router.get("ports")).hasSize(2).allSatisfy(port -> {
            double rate = ((Number) ((Map<?, ?>) port).get("received_frames_per_s")).doubleValue();
            assertThat(rate).isBetween(1.0, 1000.0);
        });
    }
}
