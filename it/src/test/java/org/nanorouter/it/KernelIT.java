// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The nanokernel's daemon with namespace cells, in each an agent. */
@Timeout(180)
@Tag("once")
class KernelIT {
    private static final int GUESTS = 16;
    /** The priority of a thread with nice 0. */
    private static final int USUAL = 20;
    /** {@code SCHED_BATCH} of {@code linux/sched.h}. */
    private static final String SCHED_BATCH = "3";

    @TempDir
    private Path directory;

    @BeforeEach
    void needs() {
        Privilege.requireRoot();
        Privilege.requireTun();
    }

    /** OSes named os1, os2, ... with the addresses 10.77.0.1, 10.77.0.2, ... */
    private static String machine(int count) {
        StringBuilder config = new StringBuilder("""
                [machine]
                ring_size = "256 KiB"
                heartbeat = { period = "100 ms", deadline = "20 s" }
                """);
        for (int i = 1; i <= count; i++) {
            config.append(RunningKernel.agent("os" + i, i));
        }
        return config.toString();
    }

    private static void awaitAll(RunningKernel kernel, int count) {
        for (int i = 1; i <= count; i++) {
            kernel.awaitState("os" + i, "running");
        }
    }

    private static void assertAllTalk(RunningKernel kernel, int... numbers) throws Exception {
        for (int from : numbers) {
            for (int number : numbers) {
                int to = number;
                await("os" + from + " pings os" + to).atMost(60, TimeUnit.SECONDS)
                        .until(() -> kernel.pings("os" + from, "10.77.0." + to));
            }
        }
    }

    @Test
    void threeOsesTalkAndTheDeathOfEachLeavesTheOthersAndTheNanokernel() throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory, machine(3))) {
            awaitAll(kernel, 3);
            assertAllTalk(kernel, 1, 2, 3);
            for (int dead = 1; dead <= 3; dead++) {
                String os = "os" + dead;
                ProcessHandle.of(kernel.pid(os)).orElseThrow().destroyForcibly();
                kernel.awaitState(os, "panicked");
                assertAllTalk(kernel, dead % 3 + 1, (dead + 1) % 3 + 1);
                kernel.call("os.start", os);
                kernel.awaitState(os, "running");
                assertThat(kernel.call("os.show", os)).containsEntry("epoch", 2)
                        .containsEntry("isolation", "uid-range");
                assertAllTalk(kernel, 1, 2, 3);
            }
            kernel.process.destroy();
            assertThat(kernel.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(kernel.process.exitValue()).as(kernel.log()).isZero();
            kernel.awaitNothingLeft();
        }
    }

    @Test
    void anAgentIsScheduledAsTheEndOfARing() throws Exception {
        BitSet ours = processors("self");
        if (ours.cardinality() == 2) {
            ours.clear(ours.nextSetBit(0));
        }
        try (RunningKernel kernel = RunningKernel.start(directory, machine(1))) {
            kernel.awaitState("os1", "running");
            // The cell's own process 1 starts the agent.
            ProcessHandle cell = ProcessHandle.of(kernel.pid("os1")).orElseThrow();
            String pid = Long.toString(cell.children().findFirst().orElseThrow().pid());
            // proc(5): the policy is the 39th field after the name, which is in parentheses.
            String stat = Files.readString(Path.of("/proc", pid, "stat"));
            assertThat(stat).contains("(nk-agent)");
            assertThat(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[38]).isEqualTo(SCHED_BATCH);
            assertThat(processors(pid)).isEqualTo(ours);
        }
    }

    /** The processors on which a process may run. */
    private static BitSet processors(String pid) throws IOException {
        String list = Files.readAllLines(Path.of("/proc", pid, "status")).stream()
                .filter(line -> line.startsWith("Cpus_allowed_list:")).findFirst().orElseThrow();
        BitSet processors = new BitSet();
        for (String range : list.substring(list.indexOf(':') + 1).strip().split(",")) {
            String[] ends = range.split("-");
            processors.set(Integer.parseInt(ends[0]), Integer.parseInt(ends[ends.length - 1]) + 1);
        }
        return processors;
    }

    @Test
    void theNanokernelGoesBeforeTheOsesItStarts() throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory, machine(1))) {
            kernel.awaitState("os1", "running");
            List<Integer> own = priorities(kernel.process.pid());
            // In real time, 2; or where that is not allowed, nice -15.
            assertThat(Collections.min(own)).isIn(-3, 5);
            // Java's own, for which it has to wait, had begun before; only some began after it by its own doing.
            assertThat(own.stream().filter(priority -> priority < USUAL).count()).isGreaterThan(own.size() / 2);
            assertThat(priorities(kernel.pid("os1"))).containsOnly(USUAL);
        }
    }

    /** Of each thread of a process, the least goes first; proc(5): the 16th field after the name in parentheses. */
    private static List<Integer> priorities(long pid) throws IOException {
        List<Integer> values = new ArrayList<>();
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            for (Path thread : threads.toList()) {
                String stat = Files.readString(thread.resolve("stat"));
                values.add(Integer.parseInt(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[15]));
            }
        }
        return values;
    }

    @Test
    void sixteenGuestsStartAndTheFirstReachesTheLast() throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory, machine(GUESTS + 1))) {
            long begin = System.nanoTime();
            awaitAll(kernel, GUESTS + 1);
            long milliseconds = (System.nanoTime() - begin) / 1_000_000;
            System.out.println("a nanokernel and " + GUESTS + " guests were up after " + milliseconds + " ms");
            assertThat(kernel.pings("os1", "10.77.0." + (GUESTS + 1))).isTrue();
            assertThat(kernel.pings("os" + GUESTS, "10.77.0.2")).isTrue();
            assertThat(milliseconds).isLessThan(30_000);
        }
    }

    @Test
    void commandsShowEnterStopAndStart() throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory, machine(2))) {
            awaitAll(kernel, 2);
            assertThat(kernel.nanorouter("os", "list", "-j").out()).contains("\"name\" : \"os2\"", "\"running\"");
            Command inside = kernel.nanorouter("exec", "os2", "--", "sh", "-c", "hostname; id -u; echo $NK_OS; exit 7");
            assertThat(inside.out()).isEqualTo("os2\n0\nos2\n");
            assertThat(inside.status()).isEqualTo(7);
            assertThat(kernel.nanorouter("os", "stop", "os2").status()).isZero();
            assertThat(kernel.nanorouter("exec", "os2", "--", "true").status()).isEqualTo(69);
            assertThat(kernel.nanorouter("os", "start", "os2").out()).contains("epoch 2");
            assertThat(kernel.nanorouter("os", "restart", "os1").out()).contains("epoch 2");
            awaitAll(kernel, 2);
            assertAllTalk(kernel, 1, 2);
            assertThat(kernel.nanorouter("os", "show", "os9").err()).contains("there are: os1, os2");
        }
    }

    @Test
    void aSecondNanokernelIsRefusedAndTheFirstGoesOn() throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory, machine(1))) {
            kernel.awaitState("os1", "running");
            Command second = kernel.nanorouter("kernel", "-c", directory.resolve("machine.toml").toString());
            assertThat(second.status()).isEqualTo(69);
            assertThat(second.err()).contains("a nanokernel runs already in " + kernel.base.resolve("default"));
            assertThat(kernel.state("os1")).isEqualTo("running");
        }
    }

    @Test
    void theEndOfWhoHoldsTheLifelineLeavesNothing() throws Exception {
        Process[] holder = new Process[1];
        try (RunningKernel kernel = RunningKernel.startOnLifeline(directory, holder, machine(2))) {
            awaitAll(kernel, 2);
            assertThat(kernel.processes()).isNotEmpty();
            holder[0].destroyForcibly().waitFor();
            assertThat(kernel.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            kernel.awaitNothingLeft();
        }
    }

    @Test
    void cellsOutliveAKilledNanokernelUntilItsSuccessorEndsThem() throws Exception {
        List<Long> left = new ArrayList<>();
        try (RunningKernel killed = RunningKernel.start(directory, machine(2))) {
            awaitAll(killed, 2);
            left.add(killed.pid("os1"));
            left.add(killed.pid("os2"));
            killed.process.destroyForcibly().waitFor();
        }
        assertThat(left).allMatch(KernelIT::isAlive);
        try (RunningKernel successor = RunningKernel.start(directory, machine(2))) {
            awaitAll(successor, 2);
            assertThat(left).noneMatch(KernelIT::isAlive);
            assertAllTalk(successor, 1, 2);
            successor.process.destroy();
            successor.process.waitFor();
            successor.awaitNothingLeft();
        }
    }

    @Test
    void withoutUserNamespacesItEndsWithAClearMessageAndNothingLeft() throws Exception {
        ProcessBuilder builder = RunningKernel.builder(directory, machine(2));
        List<String> command = new ArrayList<>(List.of("unshare", "--user", "--map-root-user", "sh", "-c",
                "echo 0 > /proc/sys/user/max_user_namespaces; exec \"$@\"", "sh"));
        command.addAll(builder.command());
        assertFails(command, builder.environment(), 69, "user namespaces are switched off here");
    }

    @Test
    void mistakesOfTheFileAreListedWithTheirPlaces() throws Exception {
        ProcessBuilder builder = RunningKernel.builder(directory, """
                [machine]
                ring_size = "3 MiB"
                [[os]]
                name = "a"
                kind = "external"
                [[os]]
                name = "b"
                kind = "external"
                memory = "1 MiB"
                """);
        assertFails(builder.command(), builder.environment(), 78, "machine.toml:2:1: ", "machine.toml:9:1: ");
    }

    @Test
    void anInitThatIsNotThereIsAFailureOfItsOsAlone() throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory, machine(1)
                + "[[os]]\nname = \"none\"\ninit = [\"/nonexistent\"]\n")) {
            kernel.awaitState("none", "failed");
            kernel.awaitState("os1", "running");
            assertThat(kernel.call("os.show", "none").get("last_failure")).asString()
                    .contains("its init ended with 127");
        }
    }

    @Test
    void anOsIsHeldToItsLimitsAndTheOthersLive() throws Exception {
        String limited = RunningKernel.agent("limited", 2) + """
                memory_limit = "32 MiB"
                cpus = "0"
                cpu_weight = 50
                [[os.services]]
                command = ["sh", "-c", "dd if=/dev/zero of=/dev/null bs=200M count=1; echo dd: $?; exec sleep 1000"]
                """;
        try (RunningKernel kernel = RunningKernel.start(directory, machine(1) + limited)) {
            awaitAll(kernel, 1);
            kernel.awaitState("limited", "running");
            long pid = kernel.pid("limited");
            Map<?, ?> limits = (Map<?, ?>) kernel.call("os.show", "limited").get("limits");
            assertThat(limits.keySet()).map(String::valueOf)
                    .containsExactlyInAnyOrder("memory_limit", "cpus", "cpu_weight");
            if (isEnforced(limits, "cpus")) {
                BitSet first = new BitSet();
                first.set(0);
                String child = Long.toString(ProcessHandle.of(pid).orElseThrow().children().findAny().orElseThrow()
                        .pid());
                assertThat(List.of(processors(Long.toString(pid)), processors(child))).containsOnly(first);
            }
            String end = isEnforced(limits, "memory_limit") ? "dd: 137" : "dd: 0";
            Path console = kernel.base.resolve("default/os/limited/console.log");
            await(end).atMost(60, TimeUnit.SECONDS).until(() -> Files.readString(console).contains(end));
            await("os1 pings it").atMost(60, TimeUnit.SECONDS).until(() -> kernel.pings("os1", "10.77.0.2"));
            assertThat(kernel.call("os.show", "limited")).containsEntry("epoch", 1).containsEntry("state", "running");
            assertThat(kernel.call("os.show", "os1")).doesNotContainKey("limits").containsEntry("state", "running");
            assertThat(kernel.nanorouter("os", "show", "limited").out())
                    .containsPattern("limits.cpu_weight +" + limits.get("cpu_weight"));
            assertNoGroupIsLeft(kernel, pid);
        }
    }

    @Test
    void aProgramWithoutACellIsWithinItsLimitsBeforeItRuns() throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory, machine(1) + """
                [[os]]
                name = "program"
                kind = "process"
                init = ["sh", "-c", "cat /proc/self/cgroup; echo read; exec sleep 1000"]
                memory_limit = "64 MiB"
                """)) {
            awaitAll(kernel, 1);
            Path console = kernel.base.resolve("default/os/program/console.log");
            await("it has run").atMost(60, TimeUnit.SECONDS).until(() -> Files.readString(console).contains("read"));
            Map<String, Object> shown = kernel.call("os.show", "program");
            if (isEnforced((Map<?, ?>) shown.get("limits"), "memory_limit")) {
                assertThat(Files.readString(console)).containsPattern("/nanorouter/default[^/]*/program\\n");
            }
            assertNoGroupIsLeft(kernel, ((Number) shown.get("pid")).longValue());
        }
    }

    /** Whether a limit holds here; where it does not, the reason must be there. */
    private static boolean isEnforced(Map<?, ?> limits, String key) {
        String text = String.valueOf(limits.get(key));
        assertThat(text).matches("enforced|not enforced: .{10,}");
        return "enforced".equals(text);
    }

    /** Ends the nanokernel, and looks for the groups in which a process was. */
    private static void assertNoGroupIsLeft(RunningKernel kernel, long pid) throws Exception {
        List<String> groups = Files.readAllLines(Path.of("/proc/" + pid + "/cgroup")).stream()
                .map(line -> line.split(":", 3)[2]).filter(group -> group.contains("/nanorouter/default")).toList();
        kernel.process.destroy();
        assertThat(kernel.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
        assertThat(kernel.process.exitValue()).as(kernel.log()).isZero();
        kernel.awaitNothingLeft();
        for (String group : groups) {
            String instance = Path.of(group).getParent().getFileName().toString();
            assertThat(Command.run("find", "/sys/fs/cgroup", "-type", "d", "-name", instance).out()).isEmpty();
        }
    }

    private void assertFails(List<String> command, Map<String, String> environment, int status, String... texts)
            throws IOException {
        Command failed = Command.run(environment, command);
        assertThat(failed.err()).contains(texts);
        assertThat(failed.status()).isEqualTo(status);
        assertThat(directory.resolve("run")).doesNotExist();
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(directory.resolve("machine.toml"));
        }
    }

    private static boolean isAlive(long pid) {
        return ProcessHandle.of(pid).map(ProcessHandle::isAlive).orElse(false);
    }
}
