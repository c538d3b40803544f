// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;

/** The router of a host OS is killed again and again while TCP crosses it; the router is a service of its cell. */
@Timeout(240)
class RouterDeathIT {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final String HOST_ADDRESS = "10.77.0.1";
    private static final String GUEST_ADDRESS = "10.77.0.2";
    private static final int PORT = 7007;
    private static final int KILLS = 5;
    /** Records that the router has in hand at most (abi.md, 4.4). */
    private static final int BATCH = 64;
    /** Takes seconds to make and to check, and so to send. */
    private static final long TRANSFER_BYTES = 768L << 20;

    @TempDir
    private Path directory;
    private RunningKernel kernel;
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void needs() {
        Privilege.requireRoot();
        Privilege.requireTun();
        Privilege.requireProgram("ping");
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : processes) {
            RunningKernel.kill(process);
        }
        if (kernel != null) {
            kernel.close();
            kernel.awaitNothingLeft();
        }
    }

    private void start(int routers) throws Exception {
        start(routers, "20 s");
    }

    private void start(int routers, String deadline) throws Exception {
        Path program = Privilege.requireDist();
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
        String service = "{ command = [\"" + program + "\", \"run\", \"--standby\", \"-c\", "
                + "\"/run/host/router.toml\"] }";
        kernel = RunningKernel.start(directory, """
                [machine]
                heartbeat = { period = "100 ms", deadline = "%s" }
                [[os]]
                name = "host"
                services = [%s]
                mounts = [{ source = "%s", target = "/run/host" }]
                env = { NANOROUTER_JAVA_HOME = "%s" }
                [[os]]
                name = "guest"
                init = ["%s/nk-agent", "--address", "%s/24"]
                restart = { hung = "report", delay = "1 ms" }
                """.formatted(deadline, String.join(", ", Collections.nCopies(routers, service)), configuration,
                System.getProperty("java.home"), System.getProperty("nanorouter.native"), GUEST_ADDRESS));
        kernel.awaitState("host", "running");
        kernel.awaitState("guest", "running");
        awaitStandbys(routers - 1);
    }

    private Map<String, Object> ask(String verb) throws IOException, ControlException {
        try (ControlClient client = ControlClient.connect(kernel.base.resolve("default/os/host/router.sock"))) {
            return client.call(verb);
        }
    }

    private void awaitStandbys(int count) {
        await().atMost(PATIENCE).ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> ((List<?>) ask("status").get("standbys")).size() == count);
    }

    /** Kills the router that leads; returns once another one does. */
    private void killLeader() throws Exception {
        Object leader = ask("status").get("pid");
        kernel.call("os.kill_endpoint", "host");
        awaitLeaderAfter(leader);
    }

    private void awaitLeaderAfter(Object dead) {
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(10)).ignoreExceptionsInstanceOf(IOException.class)
                .until(() -> {
                    Map<String, Object> status = ask("status");
                    return !Objects.equals(status.get("pid"), dead) && "ready".equals(status.get("state"));
                });
    }

    private Process inside(String os, String... words) throws Exception {
        Process process = new ProcessBuilder(kernel.entering(os, words))
                .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        processes.add(process);
        return process;
    }

    private Process transferPeer(String os, String... words) throws Exception {
        List<String> line = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(), "-XX:+UseSerialGC", "-Xmx64m",
                "-cp",
                Path.of(TransferPeer.class.getProtectionDomain().getCodeSource().getLocation().toURI()).toString(),
                TransferPeer.class.getName()));
        line.addAll(Arrays.asList(words));
        return inside(os, line.toArray(String[]::new));
    }

    /** The epoch of the host OS, and its failures, are what they were at its start. */
    private void assertThatTheOsNoticedNothing() throws Exception {
        assertThat(kernel.call("os.show", "host")).containsEntry("epoch", 1).containsEntry("last_failure", null)
                .containsEntry("state", "running");
    }

    @ParameterizedTest(name = "{0} routers")
    @ValueSource(ints = {1, 2})
    void aTransferSurvivesTheDeathOfItsRouterUnchanged(int routers) throws Exception {
        start(routers);
        Process receiver = transferPeer("guest", "receive", Integer.toString(PORT));
        try (BufferedReader received = receiver.inputReader()) {
            assertThat(received.readLine()).isEqualTo("listening");
            Process sender =
                    transferPeer("host", "send", GUEST_ADDRESS, Integer.toString(PORT), Long.toString(TRANSFER_BYTES));
            int kills = 0;
            for (; kills < KILLS && sender.isAlive(); kills++) {
                killLeader();
                awaitStandbys(routers - 1);
            }
            assertThat(kills).as("kills until the end of the transfer").isGreaterThan(1);
            try (BufferedReader sent = sender.inputReader()) {
                String checksum = sent.readLine();
                assertThat(sender.waitFor()).as("no reset").isZero();
                assertThat(received.readLine()).isNotNull().isEqualTo(checksum);
            }
        }
        assertThatTheOsNoticedNothing();
    }

    @ParameterizedTest(name = "{0}")
    @ValueSource(strings = {"guest", "host"})
    void anOsThatIsKilledWhileTheRouterIsTakenOverComesBack(String killed) throws Exception {
        start(2);
        for (int epoch = 2; epoch <= 4; epoch++) {
            int next = epoch;
            kernel.call("os.kill_endpoint", "host");
            kernel.call("os.kill", killed);
            await(killed + " runs again").atMost(PATIENCE).until(() -> {
                Map<String, Object> report = kernel.call("os.show", killed);
                return report.get("epoch").equals(next) && report.get("state").equals("running");
            });
            await("frames flow").atMost(PATIENCE).until(() -> kernel.pings("guest", HOST_ADDRESS));
            awaitStandbys(1);
        }
        assertThat(kernel.call("os.show", killed.equals("host") ? "guest" : "host")).containsEntry("epoch", 1);
    }

    @Test
    void theRouterReportsAPeerThatDoesNotBeat() throws Exception {
        start(1, "1 s");
        kernel.call("os.hang", "guest");
        await().atMost(PATIENCE).until(() -> kernel.call("os.events", "guest").toString()
                .contains("host has seen no beat of it within the deadline"));
        kernel.call("os.resume", "guest");
        kernel.awaitState("guest", "running");
        await().atMost(PATIENCE).until(() -> kernel.pings("guest", HOST_ADDRESS));
    }

    /** What a router has in hand when it dies is lost (abi.md, 4.4): so it dies with nothing in hand, and idle. */
    @Test
    void withAStandbyNoEchoIsLostAndTheGapIsShort() throws Exception {
        start(2);
        EchoStream echoes = echoes();
        for (int i = 0; i < KILLS; i++) {
            echoes.pause();
            Object dead = ask("status").get("pid");
            kernel.call("os.kill_endpoint", "host");
            // Nobody forwards now: these wait for the next leader.
            echoes.resume();
            awaitLeaderAfter(dead);
            awaitStandbys(1);
        }
        // Once more: the last ones have come back as well.
        echoes.pause();
        echoes.end();
        double[] pauses = echoes.pauses(KILLS);
        System.out.printf("echoes paused for %s ms at %d deaths of the leader%n", Arrays.toString(pauses), KILLS);
        assertThat(pauses[KILLS / 2]).as("median, ms").isLessThan(500);
        assertThat(echoes.lost()).as(this::whereItWasLost).isEmpty();
        assertThatTheOsNoticedNothing();
        String console = Files.readString(kernel.base.resolve("default/os/host/console.log"));
        assertThat(console.lines().filter(line -> line.contains(" is ready "))).as("announced once each")
                .hasSize(KILLS + 1);
    }

    /** At any moment, in the midst of a frame too: what it read from its TAP is lost, what it wrote there repeated. */
    @ParameterizedTest(name = "{0} sends")
    @ValueSource(strings = {"host", "guest"})
    void aDeathLosesOrRepeatsOneBatchAtMost(String sender) throws Exception {
        Privilege.requireProgram("iperf3");
        start(2);
        String receiver = sender.equals("host") ? "guest" : "host";
        inside(receiver, "iperf3", "-s");
        await().atMost(PATIENCE).until(() -> kernel.inside(receiver, "ss", "-Hltn").out().contains(":5201"));
        Process stream = inside(sender, "iperf3", "-u", "-l", "100", "-b", "20M", "-t", "200", "-c",
                sender.equals("host") ? GUEST_ADDRESS : HOST_ADDRESS);
        NetCounters sent = new NetCounters(kernel.pid(sender));
        NetCounters received = new NetCounters(kernel.pid(receiver));
        for (int i = 0; i < KILLS; i++) {
            long before = received.of("Udp", "InDatagrams");
            await("datagrams flow").atMost(PATIENCE)
                    .until(() -> received.of("Udp", "InDatagrams") > before + BATCH);
            killLeader();
            awaitStandbys(1);
        }
        RunningKernel.stop(stream);
        AtomicLong last = new AtomicLong();
        await("all have come").atMost(PATIENCE).pollInterval(Duration.ofMillis(500)).until(() -> {
            long now = received.of("Udp", "InDatagrams") + received.of("Udp", "InErrors");
            return last.getAndSet(now) == now;
        });
        long missing = sent.of("Udp", "OutDatagrams") - sent.droppedBy("nk0") - last.get();
        System.out.printf("of %d datagrams from %s %d were lost, or if negative repeated, at %d deaths%n",
                sent.of("Udp", "OutDatagrams"), sender, missing, KILLS);
        assertThat(missing).as(this::whereItWasLost).isBetween(sender.equals("host") ? 0L : (long) -KILLS * BATCH,
                sender.equals("host") ? (long) KILLS * BATCH : 0L);
        assertThatTheOsNoticedNothing();
    }

    @Test
    void withoutAStandbyARouterIsStartedAnewAndFramesFlowAgain() throws Exception {
        start(1);
        EchoStream echoes = echoes();
        for (int i = 0; i < KILLS; i++) {
            killLeader();
            await().atMost(PATIENCE).until(() -> kernel.pings("guest", HOST_ADDRESS));
        }
        echoes.end();
        double[] pauses = echoes.pauses(KILLS);
        System.out.printf("echoes paused for %s ms at %d deaths of the only router%n", Arrays.toString(pauses), KILLS);
        assertThat(pauses[KILLS / 2]).as("median, ms").isLessThan(5_000);
        assertThatTheOsNoticedNothing();
    }

    private EchoStream echoes() throws Exception {
        return new EchoStream(inside("guest", "ping", "-D", "-n", "-i", "0.002", HOST_ADDRESS), kernel.pid("guest"),
                this::whereItWasLost);
    }

    /** What each of those that a frame passes has counted. */
    private String whereItWasLost() {
        StringBuilder text = new StringBuilder();
        try {
            for (String os : List.of("host", "guest")) {
                Path net = Path.of("/proc", String.valueOf(kernel.pid(os)), "net");
                Stream.of("snmp", "dev").flatMap(name -> lines(net.resolve(name)))
                        .filter(line -> line.matches("(Icmp|Udp):.*|.*nk0:.*"))
                        .forEach(line -> text.append('\n').append(os).append(' ').append(line));
            }
            text.append('\n').append(ask("port").get("ports"));
        } catch (IOException | ControlException e) {
            text.append('\n').append(e);
        }
        return text.toString();
    }

    private static Stream<String> lines(Path file) {
        try {
            return Files.readAllLines(file).stream();
        } catch (IOException e) {
            return Stream.of(e.toString());
        }
    }

    @Test
    void aStandbyLetsGoOfATapThatTheLeaderMakesAnew() throws Exception {
        start(2);
        Path file = directory.resolve("host/router.toml");
        Files.writeString(file, Files.readString(file).replace("10.77.0.1/24", "10.77.0.3/24"));
        assertThat(ask("reload")).containsEntry("applied", List.of("removed port nk0", "added port nk0"));
        await().atMost(PATIENCE).until(() -> kernel.pings("guest", "10.77.0.3"));
        killLeader();
        await().atMost(PATIENCE).until(() -> kernel.pings("guest", "10.77.0.3"));
        assertThatTheOsNoticedNothing();
    }

    @Test
    void aSecondRouterThatIsNoStandbyIsRefused() throws Exception {
        start(1);
        Path run = kernel.base.resolve("default/os/host");
        Command second = kernel.inside("host", "env", "NK_OS=host", "NK_RUN=" + run,
                "NK_ATTACH=" + run.resolve("attach.sock"), "NK_TOKEN_FILE=" + run.resolve("token"),
                "NANOROUTER_JAVA_HOME=" + System.getProperty("java.home"), Privilege.requireDist().toString(),
                "run", "-c", "/run/host/router.toml");
        assertThat(second.status()).as(second.err()).isEqualTo(69);
        assertThat(second.err()).contains("process " + ask("status").get("pid") + " leads this OS", "--standby");
        assertThat(kernel.pings("guest", HOST_ADDRESS)).isTrue();
    }
}
