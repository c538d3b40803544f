// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.io.Writer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * What the other OSes notice when one dies or is restarted. Three cells with a telnet server each: in {@code host} is
 * the router, in {@code guest} and {@code other} an agent, that of {@code other} with {@code --keep-sessions}.
 */
@Timeout(180)
@Tag("once")
class PeerRestartIT {
    private static final long LIMIT_MS = 1_000;
    private static final String HOST = "10.77.0.1";
    private static final String GUEST = "10.77.0.2";
    private static final String OTHER = "10.77.0.3";
    private static final Duration PATIENCE = Duration.ofSeconds(30);
    private static final String EXECUTABLE = "rwxr-xr-x";

    @TempDir
    private Path directory;
    private final List<Session> sessions = new ArrayList<>();
    private RunningKernel kernel;

    @BeforeEach
    void start() throws Exception {
        Privilege.requireRoot();
        Privilege.requireTun();
        Privilege.requireProgram("telnet");
        Privilege.requireProgram("inetutils-inetd");
        kernel = RunningKernel.start(directory, machine(Privilege.requireDist().getParent().getParent()));
        for (String os : List.of("host", "guest", "other")) {
            kernel.awaitState(os, "running");
        }
    }

    @AfterEach
    void end() throws Exception {
        for (Session session : sessions) {
            session.process.destroyForcibly().waitFor();
        }
        if (kernel != null) {
            kernel.close();
            kernel.awaitNothingLeft();
        }
    }

    private String machine(Path dist) throws IOException {
        Path files = Files.createDirectory(directory.resolve("files"));
        Files.setPosixFilePermissions(files, PosixFilePermissions.fromString(EXECUTABLE));
        write(files, "init", """
                set -e
                cp /run/files/login /run/login
                chmod 755 /run/login
                inetutils-inetd /run/files/inetd.conf
                exec "$@"
                """);
        write(files, "login", "#!/bin/sh\necho ready\nexec cat\n");
        write(files, "inetd.conf", "telnet stream tcp6 nowait root " + telnetd() + " telnetd -h -E /run/login\n");
        write(files, "router.toml", """
                [[port]]
                name = "nk0"
                kind = "tap"
                addresses = ["10.77.0.1/24", "fd77::1/64"]
                [[port]]
                name = "peers"
                kind = "channel"
                """);
        String agent = dist + "/native/nk-agent";
        return """
                [machine]
                ring_size = "256 KiB"
                heartbeat = { period = "100 ms", deadline = "20 s" }
                """
                + os("host", dist, dist + "/bin/nanorouter", "run", "-c", "/run/files/router.toml")
                + os("guest", dist, agent, "--address", GUEST + "/24", "--address", "fd77::2/64")
                + os("other", dist, agent, "--address", OTHER + "/24", "--address", "fd77::3/64", "--keep-sessions");
    }

    private String os(String name, Path dist, String... program) {
        String java = System.getProperty("java.home");
        return String.format("""
                [[os]]
                name = "%s"
                init = ["/bin/sh", "/run/files/init", "%s"]
                env = { NANOROUTER_JAVA_HOME = "%s" }
                mounts = [{ source = "%s" }, { source = "%s" }, { source = "%s", target = "/run/files" }]
                """, name, String.join("\", \"", program), java, java, dist, directory.resolve("files"));
    }

    private static void write(Path folder, String name, String text) throws IOException {
        Path file = Files.writeString(folder.resolve(name), text);
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(EXECUTABLE));
    }

    private static String telnetd() {
        return Stream.of("/usr/sbin/telnetd", "/usr/local/sbin/telnetd", "/sbin/telnetd")
                .filter(place -> Files.isExecutable(Path.of(place))).findFirst().orElse("telnetd");
    }

    /** A telnet client in one OS, logged in on another. */
    private static final class Session {
        final Process process;
        final CompletableFuture<Long> endedAt;
        private final StringBuffer seen = new StringBuffer();

        Session(List<String> command) throws IOException {
            process = new ProcessBuilder(command).redirectErrorStream(true).start();
            endedAt = process.onExit().thenApply(ended -> System.nanoTime());
            Thread reader = new Thread(this::read, "telnet");
            reader.setDaemon(true);
            reader.start();
        }

        private void read() {
            try (var output = process.inputReader(StandardCharsets.ISO_8859_1)) {
                for (int next = output.read(); next >= 0; next = output.read()) {
                    seen.append((char) next);
                }
            } catch (IOException e) {
                seen.append(e);
            }
        }

        void awaitText(String text) {
            await().atMost(PATIENCE).until(() -> seen.indexOf(text) >= 0 || !process.isAlive());
            assertThat(seen.toString()).contains(text);
        }

        void assertAnswers(String text) throws IOException {
            Writer input = process.outputWriter(StandardCharsets.ISO_8859_1);
            input.write(text + "\n");
            input.flush();
            // Once by the terminal, once by cat.
            await().atMost(PATIENCE).until(() -> seen.indexOf(text, seen.indexOf(text) + 1) >= 0);
        }

        long millisecondsSince(long begin) throws Exception {
            return TimeUnit.NANOSECONDS.toMillis(endedAt.get(PATIENCE.toSeconds(), TimeUnit.SECONDS) - begin);
        }
    }

    private Session telnet(String from, String address) throws Exception {
        Session session = new Session(kernel.entering(from, "telnet", address));
        sessions.add(session);
        session.awaitText("ready");
        return session;
    }

    private void kill(String os) throws Exception {
        ProcessHandle.of(kernel.pid(os)).orElseThrow().destroyForcibly();
    }

    private static void assertQuick(String what, long milliseconds) {
        System.out.println(what + ": the idle telnet session ended after " + milliseconds + " ms");
        assertThat(milliseconds).isLessThan(LIMIT_MS);
    }

    @Test
    void sessionsOfTheRouterSideWithARestartedGuestEndAndOthersStay() throws Exception {
        Session idle = telnet("host", GUEST);
        Session idleOverIpv6 = telnet("host", "fd77::2");
        Session elsewhere = telnet("host", OTHER);
        Session kept = telnet("other", GUEST);
        long begin = System.nanoTime();
        kernel.call("os.restart", "guest");
        assertQuick("guest restarted, router", idle.millisecondsSince(begin));
        assertQuick("guest restarted, router, IPv6", idleOverIpv6.millisecondsSince(begin));
        idle.awaitText("Connection closed by foreign host");
        kernel.awaitState("guest", "running");
        elsewhere.assertAnswers("still here");
        assertThat(kept.process.isAlive()).as("--keep-sessions").isTrue();
        assertThat(kernel.nanorouter("status", "-j").out()).containsPattern("\"sessions_ended\" : 2\\b")
                .containsPattern("\"session_failures\" : 0\\b");
        telnet("host", GUEST).assertAnswers("hello again");
    }

    @Test
    void sessionsOfTheAgentSideWithAKilledHostEndAndOthersStay() throws Exception {
        Session idle = telnet("guest", HOST);
        Session elsewhere = telnet("guest", OTHER);
        Session kept = telnet("other", HOST);
        long begin = System.nanoTime();
        kill("host");
        assertQuick("host killed, agent", idle.millisecondsSince(begin));
        idle.awaitText("Connection closed by foreign host");
        elsewhere.assertAnswers("still here");
        assertThat(kept.process.isAlive()).as("--keep-sessions").isTrue();
    }

    @Test
    void aRestartedOsAnnouncesItsAddresses() throws Exception {
        // Who accepts what nobody asked for gets an entry, though not one frame was sent to the address.
        kernel.inside("other", "sh", "-c", "cd /proc/sys/net && echo 1 > ipv4/conf/nk0/arp_accept"
                + " && echo 1 > ipv6/conf/nk0/forwarding && echo 1 > ipv6/conf/nk0/accept_untracked_na");
        for (String os : List.of("guest", "host")) {
            String number = os.equals("guest") ? "2" : "1";
            kernel.inside("other", "ip", "neighbour", "flush", "dev", "nk0");
            kernel.call("os.restart", os);
            kernel.awaitState(os, "running");
            await().atMost(PATIENCE).untilAsserted(() -> assertThat(
                    kernel.inside("other", "ip", "neighbour", "show", "dev", "nk0").out())
                    .contains("10.77.0." + number + " lladdr", "fd77::" + number + " lladdr"));
        }
    }
}
