// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.shim.Shim;

/** TAP, router, ring, agent, TAP: two network namespaces, the router in one, the agent in the other. */
@Tag("once")
class TapRingIT {
    private static final String ROUTER_ADDRESS = "10.77.0.1";
    private static final String AGENT_ADDRESS = "10.77.0.2";
    private static final int PORT = 7007;
    private static final long TRANSFER = 64L << 20;
    private static final int LOOKS = 4;
    private static final Duration PATIENCE = Duration.ofSeconds(30);

    @TempDir
    private Path directory;
    private final String prefix = "nkit" + ProcessHandle.current().pid();
    private final List<Process> processes = new ArrayList<>();
    private SmallNanokernel nanokernel;
    private Path config;
    private Process router;
    private Process agent;

    @BeforeEach
    void start() throws Exception {
        Privilege.requireRoot();
        Privilege.requireTun();
        for (String space : List.of("a", "b")) {
            run("ip", "netns", "add", prefix + space);
        }
        nanokernel = new SmallNanokernel(directory, "host", "guest");
        config = Files.writeString(directory.resolve("router.toml"), String.join("\n",
            "[attach]", "socket = 'host/attach.sock'", "os = 'host'", "token_file = 'host/token'",
            "[control]", "socket = 'router.sock'",
            "[[port]]", "name = 'nk0'", "kind = 'tap'", "addresses = ['" + ROUTER_ADDRESS + "/24', 'fd77::1/64']",
            "[[port]]", "name = 'peers'", "kind = 'channel'"));
        router = startRouter();
        agent = startAgent();
        await().atMost(PATIENCE).until(() -> nanokernel.isReady("host") && nanokernel.isReady("guest"));
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        if (nanokernel != null) {
            nanokernel.close();
            for (String space : List.of("a", "b")) {
                run("ip", "netns", "del", prefix + space);
            }
        }
    }

    private Process startRouter() throws IOException {
        return start("router.log", java("a", "org.nanorouter.router.cli.Nanorouter", "run", "-c", config.toString()));
    }

    private Process startAgent() throws IOException {
        return start("agent.log", in("b", Shim.directory().resolve("nk-agent").toString(), "--os", "guest",
            "--attach", nanokernel.socket("guest").toString(), "--token", nanokernel.token("guest").toString(),
            "--address", AGENT_ADDRESS + "/24", "--address", "fd77::2/64"));
    }

    private List<String> in(String space, String... command) {
        List<String> line = new ArrayList<>(List.of("ip", "netns", "exec", prefix + space));
        line.addAll(List.of(command));
        return line;
    }

    private List<String> java(String space, String type, String... arguments) {
        List<String> line = in(space, Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC", "-Xmx64m", "-D" + Shim.DIRECTORY_PROPERTY + "=" + Shim.directory(),
            "-cp", System.getProperty("java.class.path"), type);
        line.addAll(List.of(arguments));
        return line;
    }

    private Process start(String log, List<String> line) throws IOException {
        Process process = new ProcessBuilder(line).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(directory.resolve(log).toFile())).start();
        processes.add(process);
        return process;
    }

    private static String run(String... line) throws Exception {
        return run(List.of(line));
    }

    private static String run(List<String> line) throws Exception {
        Process process = new ProcessBuilder(line).redirectErrorStream(true).start();
        String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        assertThat(process.waitFor()).as(line + "\n" + output).isZero();
        return output;
    }

    private boolean pings(String... options) throws Exception {
        List<String> line = in("a", "ping", "-q", "-c", "1", "-W", "1");
        line.addAll(List.of(options));
        return new ProcessBuilder(line).redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.DISCARD).start().waitFor() == 0;
    }

    private void awaitPing(String... options) {
        await().atMost(PATIENCE).until(() -> pings(options));
    }

    private void awaitPing() {
        awaitPing(AGENT_ADDRESS);
    }

    /** All of one moment: between two questions a late acknowledgement may cross. */
    private Map<?, ?> totals() throws Exception {
        try (ControlClient client = ControlClient.connect(directory.resolve("router.sock"))) {
            return (Map<?, ?>) client.call("status").get("totals");
        }
    }

    private static long number(Map<?, ?> totals, String key) {
        return ((Number) totals.get(key)).longValue();
    }

    @Test
    void pingsCrossOverIpv4AndIpv6AndLargeOnesToo() throws Exception {
        awaitPing();
        awaitPing("fd77::2");
        awaitPing("-s", "60000", AGENT_ADDRESS);
    }

    @Test
    void aTransferArrivesUnchangedInBothDirectionsAndTheCountersAgree() throws Exception {
        awaitPing();
        transfer("b", AGENT_ADDRESS, "a");
        transfer("a", ROUTER_ADDRESS, "b");
        Map<?, ?> totals = totals();
        assertThat(number(totals, "received_frames"))
            .isEqualTo(number(totals, "forwarded_frames") + number(totals, "dropped_frames"));
        assertThat(number(totals, "received_bytes")).isGreaterThan(2 * TRANSFER);
        assertThat(number(totals, "landed_frames")).as("read straight into the ring").isGreaterThan(TRANSFER / 65_536);
    }

    private void transfer(String receiver, String address, String sender) throws Exception {
        Process receiving = new ProcessBuilder(
            java(receiver, TransferPeer.class.getName(), "receive", Integer.toString(PORT))).start();
        processes.add(receiving);
        try (BufferedReader output = receiving.inputReader()) {
            assertThat(output.readLine()).isEqualTo("listening");
            String sent = run(java(sender, TransferPeer.class.getName(), "send", address, Integer.toString(PORT),
                Long.toString(TRANSFER)));
            assertThat(output.readLine()).isEqualTo(sent.strip());
        }
    }

    @Test
    void aKilledRouterIsFollowedByOneThatGoesOn() throws Exception {
        awaitPing();
        router.destroyForcibly().waitFor();
        router = startRouter();
        awaitPing();
    }

    /** Sends a datagram to a neighbour whose Ethernet address is known, so that nothing is sent before it. */
    private void assertFirstFrameArrives(String from, String to, String address, String mac) throws Exception {
        CountDownLatch mayBeTold = nanokernel.stopBeforePeers();
        try {
            if (from.equals("a")) {
                router.destroyForcibly().waitFor();
                router = startRouter();
            } else {
                agent.destroyForcibly().waitFor();
                agent = startAgent();
            }
            await().atMost(PATIENCE).pollInterval(Duration.ofMillis(5)).until(() ->
                run(in(from, "ip", "route")).contains("dev nk0"));
            run(in(from, "ip", "neigh", "replace", address, "lladdr", mac, "dev", "nk0"));
            run(in(from, "bash", "-c", "echo first > /dev/udp/" + address + "/9"));
            awaitRest(from.equals("a") ? router : agent, from.equals("a") ? "data" : "nk-agent");
        } finally {
            mayBeTold.countDown();
        }
        await().atMost(PATIENCE).until(() -> run(in(to, "cat", "/proc/net/snmp")).lines()
            .filter(line -> line.startsWith("Udp: ")).skip(1).findFirst().orElseThrow().split(" ")[2].equals("1"));
    }

    /** Waits until the thread that moves frames sleeps and goes on sleeping: what it would take, it has taken. */
    private static void awaitRest(Process endpoint, String thread) {
        List<String> looks = new ArrayList<>();
        await().atMost(PATIENCE).pollInterval(Duration.ofMillis(15)).until(() -> {
            looks.add(sleepOf(endpoint.pid(), thread));
            return looks.size() >= LOOKS && !looks.get(looks.size() - 1).isEmpty()
                && looks.subList(looks.size() - LOOKS, looks.size()).stream().distinct().count() == 1;
        });
    }

    /** State and number of sleeps until now of a thread, empty if it does not sleep or is not there. */
    private static String sleepOf(long pid, String thread) throws IOException {
        try (Stream<Path> tasks = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path task : tasks.toList()) {
                if (Files.readString(task.resolve("comm")).strip().equals(thread)) {
                    String status = Files.readString(task.resolve("status"));
                    return status.contains("State:\tS") ? status.lines()
                        .filter(line -> line.startsWith("voluntary")).findFirst().orElse("") : "";
                }
            }
        }
        return "";
    }

    @Test
    void aFrameThatComesBeforeTheRouterKnowsItsPeersIsNotLost() throws Exception {
        assertFirstFrameArrives("a", "b", AGENT_ADDRESS, "02:6e:6b:00:00:02");
    }

    @Test
    void aFrameThatComesBeforeTheAgentKnowsItsPeersIsNotLost() throws Exception {
        assertFirstFrameArrives("b", "a", ROUTER_ADDRESS, "02:6e:6b:00:00:01");
    }

    private void awaitQueue(int length) {
        await("queue of nk0 is " + length).atMost(PATIENCE).pollInterval(Duration.ofMillis(100))
            .until(() -> run(in("a", "ip", "link", "show", "nk0")).contains(" qlen " + length + "\n"));
    }

    @Test
    void aRouterThatEndsInOrderUnderAFloodLeavesALongQueue() throws Exception {
        Privilege.requireProgram("iperf3");
        router.destroy();
        router.waitFor();
        Files.writeString(config, Files.readString(config).replace("kind = 'tap'", "kind = 'tap'\npersistent = true"));
        router = startRouter();
        awaitPing();
        start("server.log", in("b", "iperf3", "-s", "-1"));
        await().atMost(PATIENCE).until(() -> run(in("b", "ss", "-Hltn")).contains(":5201"));
        start("flood.log", in("a", "iperf3", "-u", "-l", "16", "-b", "0", "-t", "120", "-c", AGENT_ADDRESS));
        awaitQueue(128);
        router.destroy();
        assertThat(router.waitFor()).isZero();
        awaitQueue(1000);
    }

    @Test
    void aGuestsNextEpochIsReachable() throws Exception {
        awaitPing();
        agent.destroyForcibly().waitFor();
        nanokernel.restart("guest");
        agent = startAgent();
        await().atMost(PATIENCE).until(() -> nanokernel.isReady("guest"));
        awaitPing();
        assertThat(Files.readString(directory.resolve("router.log"))).contains("peer guest has come, epoch 2");
    }

    @Test
    void framesGoOnWithoutTheNanokernelAndTheRouterAttachesToTheNextOne() throws Exception {
        awaitPing();
        nanokernel.close();
        await().atMost(PATIENCE)
            .until(() -> Files.readString(directory.resolve("router.log")).contains("the nanokernel is lost"));
        awaitPing();
        nanokernel = new SmallNanokernel(directory, "host", "guest");
        await().atMost(PATIENCE).until(() -> nanokernel.isReady("host"));
        await().atMost(PATIENCE).until(() -> nanokernel.isReady("guest"));
        awaitPing();
    }

    @Test
    void aSecondRouterIsRefusedWithItsReasonAndTermEndsTheFirstInOrder() throws Exception {
        awaitPing();
        Process second = start("second.log",
            java("a", "org.nanorouter.router.cli.Nanorouter", "run", "-c", config.toString()));
        assertThat(second.waitFor()).isEqualTo(69);
        assertThat(Files.readString(directory.resolve("second.log"))).contains("is another router running?");
        awaitPing();
        router.destroy();
        assertThat(router.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)).isTrue();
        assertThat(router.exitValue()).isZero();
        assertThat(directory.resolve("router.sock")).doesNotExist();
        assertThat(run(in("a", "ip", "-br", "link"))).as("interfaces").doesNotContain("nk0");
    }
}
