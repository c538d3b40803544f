// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/**
 * Devices of one OS each. The machine's network is a namespace of the test's own, in which the nanokernels run;
 * whatever is left in it goes with the process that holds it.
 */
@Tag("once")
@Timeout(180)
class DevicesIT {
    /** The two ends of one wire. */
    private static final String LEFT = "nkd0";
    private static final String RIGHT = "nkd1";
    private static final String NODE = "/dev/kmsg";
    private static final long WAIT_S = 60;

    @TempDir
    private Path directory;
    private Process holder;

    @BeforeEach
    void makeNetwork() throws IOException {
        Privilege.requireRoot();
        Privilege.requireTun();
        Privilege.requireProgram("ip");
        holder = new ProcessBuilder("unshare", "-n", "sh", "-c", "ip link add " + LEFT + " type veth peer name " + RIGHT
                + " && echo; exec sleep 1000").redirectErrorStream(true).start();
        assertThat(holder.getInputStream().read()).isEqualTo('\n');
    }

    @AfterEach
    void dropNetwork() throws InterruptedException {
        if (holder != null) {
            holder.destroyForcibly().waitFor();
        }
    }

    /** What a command begins with that is to run in the network. */
    private List<String> onTheMachine() {
        return List.of("nsenter", "-t", Long.toString(holder.pid()), "-n");
    }

    private Command ip(String... words) {
        List<String> command = new ArrayList<>(onTheMachine());
        command.add("ip");
        command.addAll(List.of(words));
        return Command.run(Map.of(), command);
    }

    private boolean isOnTheMachine(String name) {
        return ip("link", "show", "dev", name).status() == 0;
    }

    /** Ethernet address and MTU of the left end. */
    private List<String> properties() {
        List<String> words = List.of(ip("-o", "link", "show", "dev", LEFT).out().split("\\s+"));
        return List.of(words.get(words.indexOf("mtu") + 1), words.get(words.indexOf("link/ether") + 1));
    }

    private RunningKernel start(String place, String config) throws IOException {
        return RunningKernel.startBehind(onTheMachine(), Files.createDirectories(directory.resolve(place)), config);
    }

    /** An OS named left with one end, and a policy that leaves it ended. */
    private static String left() {
        return RunningKernel.agent("left", 1) + "interfaces = [\"" + LEFT + "\"]\n";
    }

    /** An OS named right with the other end, which is started again. */
    private static String right() {
        return RunningKernel.agent("right", 2).replace("restart = { policy = \"never\" }", "")
                + "interfaces = [\"" + RIGHT + "\"]\n";
    }

    private static Object place(RunningKernel kernel, String os, String key, String device) throws Exception {
        return ((Map<?, ?>) kernel.call("os.show", os).get(key)).get(device);
    }

    private void assertIsIn(RunningKernel kernel, String os, String name) throws Exception {
        assertThat(place(kernel, os, "interfaces", name)).isEqualTo("in the OS");
        assertThat(kernel.inside(os, "ip", "link", "show", "dev", name).status()).isZero();
        assertThat(isOnTheMachine(name)).isFalse();
    }

    private void assertIsBack(RunningKernel kernel, String os, String name) throws Exception {
        assertThat(place(kernel, os, "interfaces", name)).isEqualTo("on the machine");
        assertThat(isOnTheMachine(name)).isTrue();
    }

    private static void awaitNextLife(RunningKernel kernel, String os, int epoch) {
        await(os + " is in epoch " + epoch).atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(20))
                .until(() -> kernel.call("os.show", os).get("epoch").equals(epoch));
        kernel.awaitState(os, "running");
    }

    @Test
    void anInterfaceIsInItsOsAsLongAsThatLivesAndThenBackUnderItsName() throws Exception {
        List<String> before = properties();
        try (RunningKernel kernel = start("one", left() + right())) {
            kernel.awaitState("left", "running");
            kernel.awaitState("right", "running");
            assertIsIn(kernel, "left", LEFT);
            assertIsIn(kernel, "right", RIGHT);

            kernel.call("os.stop", "left");
            assertIsBack(kernel, "left", LEFT);
            kernel.call("os.start", "left");
            kernel.awaitState("left", "running");
            assertIsIn(kernel, "left", LEFT);
            kernel.call("os.panic", "left");
            awaitBack(LEFT);
            kernel.call("os.start", "left");
            kernel.awaitState("left", "running");
            assertThat(kernel.inside("left", "ip", "link", "set", LEFT, "address", "02:00:00:00:00:77", "mtu", "900",
                    "name", "wan0").status()).isZero();
            assertThat(place(kernel, "left", "interfaces", LEFT).toString()).startsWith("in the OS under another name");
            kernel.call("os.kill", "left");
            awaitBack(LEFT);
            assertIsBack(kernel, "left", LEFT);
            assertThat(properties()).isEqualTo(before);

            ProcessHandle.of(kernel.pid("right")).orElseThrow().destroyForcibly();
            awaitNextLife(kernel, "right", 2);
            assertIsIn(kernel, "right", RIGHT);
            // nk-cell itself, which would move it back.
            ProcessHandle.of(kernel.pid("right")).flatMap(ProcessHandle::parent).orElseThrow().destroyForcibly();
            awaitNextLife(kernel, "right", 3);
            assertIsIn(kernel, "right", RIGHT);

            assertThat(ip("tuntap", "add", RIGHT, "mode", "tap").status()).isZero();
            Path console = kernel.base.resolve("default/os/right/console.log");
            kernel.call("os.stop", "right");
            assertThat(console).content().contains("interface nkd1 came back as nkd1_1: its name was given to another");
            assertThat(isOnTheMachine("nkd1_1")).isTrue();
            assertThat(kernel.log()).contains("right: interface nkd1 ");
        }
    }

    private void awaitBack(String name) {
        await(name + " is back").atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(Duration.ofMillis(20))
                .until(() -> isOnTheMachine(name));
    }

    @Test
    void aNodeIsInTheDevOfItsOsAloneAndThatOfTheMachineStaysAsItIs() throws Exception {
        Privilege.requireNode(NODE);
        String before = Command.run("stat", "-c", "%u %g %a", NODE).out();
        try (RunningKernel kernel = start("one", left() + "devices = [\"" + NODE + "\"]\n" + right())) {
            kernel.awaitState("left", "running");
            kernel.awaitState("right", "running");
            assertThat(place(kernel, "left", "devices", NODE)).isEqualTo("in the OS");
            assertThat(kernel.inside("left", "stat", "-c", "%F %u %a", NODE).out())
                    .isEqualTo("character special file 0 600\n");
            assertThat(kernel.inside("left", "sh", "-c", ": >> " + NODE).status()).isZero();
            assertThat(kernel.inside("right", "test", "-e", NODE).status()).isEqualTo(1);
            assertThat(Command.run("stat", "-c", "%u %g %a", NODE).out()).isEqualTo(before);
        }
    }

    @Test
    void aSecondNanokernelIsRefusedAsLongAsTheOwnersCellLives() throws Exception {
        String other = left().replace("\"left\"", "\"other\"");
        try (RunningKernel owner = start("one", left())) {
            owner.awaitState("left", "running");
            String refusal = "interface nkd0 belongs to OS left of instance default in " + owner.base + ", process ";
            assertRefused(other, refusal);
            ProcessHandle cell = ProcessHandle.of(owner.pid("left")).orElseThrow();
            owner.process.destroyForcibly().waitFor();
            assertRefused(other, refusal);
            cell.destroyForcibly();
            awaitBack(LEFT);
            cell.onExit().get(WAIT_S, TimeUnit.SECONDS);
        }
        try (RunningKernel next = start("three", other)) {
            next.awaitState("other", "running");
            assertIsIn(next, "other", LEFT);
        }
        assertThat(isOnTheMachine(LEFT)).isTrue();
        assertRefused(other.replace(LEFT, "none0"), "interface none0 cannot be given to a cell: there is no such");
    }

    /** With a run directory of its own, as somebody else who is root would have it. */
    private void assertRefused(String config, String reason) throws IOException {
        ProcessBuilder builder = RunningKernel.builder(Files.createDirectories(directory.resolve("two")), config);
        List<String> command = new ArrayList<>(onTheMachine());
        command.addAll(builder.command());
        Command refused = Command.run(builder.environment(), command);
        assertThat(refused.err()).contains(reason);
        assertThat(refused.status()).isEqualTo(69);
    }
}
