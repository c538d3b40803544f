// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.program.Connection;
import org.nanorouter.nanokernel.program.Message;
import org.nanorouter.nanokernel.program.MessagePort;
import org.nanorouter.nanokernel.program.Mutex;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.nanokernel.program.SharedMemory;

/** The nanokernel is killed, and the next one takes the machine over. */
@Tag("once")
@Timeout(180)
class KernelDeathIT {
    private static final List<String> OSES = List.of("os1", "os2", "os3");
    private static final Duration POLL = Duration.ofMillis(20);
    private static final long WAIT_S = 60;
    private static final long WAIT_MS = 10_000;
    private static final long PAGE = 4096;
    private static final int PINGS = 300;
    private static final int DEATHS = 3;
    private static final int LONGEST_DELAY_MS = 60;

    @TempDir
    private Path directory;
    private final ExecutorService threads = Executors.newCachedThreadPool();

    @AfterEach
    void endThreads() {
        threads.shutdownNow();
    }

    @BeforeEach
    void needs() {
        Privilege.requireRoot();
        Privilege.requireTun();
    }

    /** Three agents, which are started again when they fail. */
    private static String machine() {
        StringBuilder config = new StringBuilder("""
                [machine]
                ring_size = "256 KiB"
                heartbeat = { period = "100 ms", deadline = "20 s" }
                """);
        for (int i = 1; i <= OSES.size(); i++) {
            config.append(RunningKernel.agent("os" + i, i).replace("\"never\"", "\"always\", delay = \"10 ms\""));
        }
        return config.toString();
    }

    private static void awaitAllReady(RunningKernel kernel) {
        for (String os : OSES) {
            await(os + " is ready").atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL).ignoreExceptions()
                    .until(() -> "running".equals(kernel.state(os))
                            && Boolean.TRUE.equals(kernel.call("os.show", os).get("ready")));
        }
    }

    /** Ends the nanokernel and waits for the next one. */
    private static void killNanokernel(RunningKernel kernel) throws Exception {
        ProcessHandle before = kernel.nanokernel();
        before.destroyForcibly();
        await("the next nanokernel answers").atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL).ignoreExceptions()
                .until(() -> kernel.nanokernel().pid() != before.pid());
    }

    private static long epoch(RunningKernel kernel, String os) throws IOException, ControlException {
        return ((Number) kernel.call("os.show", os).get("epoch")).longValue();
    }

    private static void assertAllTalk(RunningKernel kernel) throws Exception {
        for (String os : OSES) {
            for (int to = 1; to <= OSES.size(); to++) {
                String address = "10.77.0." + to;
                await(os + " pings " + address).atMost(WAIT_S, TimeUnit.SECONDS).until(() -> kernel.pings(os, address));
            }
        }
    }

    @Test
    void theNextNanokernelTakesLivingOsesOverAndNoFrameIsLostMeanwhile() throws Exception {
        try (RunningKernel kernel = RunningKernel.startKept(directory, machine())) {
            awaitAllReady(kernel);
            assertThat(kernel.pings("os1", "10.77.0.2")).isTrue();
            Object bootId = kernel.status().get("boot_id");
            List<Long> pids = List.of(kernel.pid("os1"), kernel.pid("os2"), kernel.pid("os3"));
            List<String> ping = kernel.entering("os1", "ping", "-q", "-c", String.valueOf(PINGS), "-i", "0.01",
                    "-W", "10", "10.77.0.2");
            CompletableFuture<Command> pings =
                    CompletableFuture.supplyAsync(() -> Command.run(Map.of(), ping), threads);
            killNanokernel(kernel);
            awaitAllReady(kernel);

            assertThat(pings.get(WAIT_S, TimeUnit.SECONDS).out())
                    .contains(PINGS + " packets transmitted, " + PINGS + " received");
            assertThat(kernel.status()).containsEntry("boot_id", bootId);
            assertThat(List.of(kernel.pid("os1"), kernel.pid("os2"), kernel.pid("os3"))).isEqualTo(pids);
            for (String os : OSES) {
                assertThat(kernel.call("os.show", os)).containsEntry("epoch", 1).containsEntry("restarts", 0)
                        .containsEntry("attached", true);
            }
            kernel.call("os.restart", "os2");
            awaitAllReady(kernel);
            assertThat(epoch(kernel, "os2")).isEqualTo(2);
            assertThat(epoch(kernel, "os1")).isEqualTo(1);
            assertAllTalk(kernel);

            kernel.process.destroy();
            assertThat(kernel.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(kernel.process.exitValue()).as(kernel.log()).isZero();
            kernel.awaitNothingLeft();
        }
    }

    @Test
    void aSpareGoesOnWhereThereIsOne() throws Exception {
        try (RunningKernel kernel = RunningKernel.startKept(directory, machine())) {
            awaitAllReady(kernel);
            long before = kernel.nanokernel().pid();
            ProcessHandle spare = await("a spare is started").atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL)
                    .until(() -> kernel.process.children().filter(each -> each.pid() != before).findAny(),
                            Optional::isPresent).orElseThrow();
            killNanokernel(kernel);
            assertThat(kernel.nanokernel()).isEqualTo(spare);
            awaitAllReady(kernel);
            for (String os : OSES) {
                assertThat(epoch(kernel, os)).isEqualTo(1);
            }
            assertAllTalk(kernel);

            kernel.process.destroy();
            assertThat(kernel.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            assertThat(kernel.log()).contains("its spare goes on");
            kernel.awaitNothingLeft();
        }
    }

    @Test
    void programsKeepWhatTheyHaveAndGetMore() throws Exception {
        try (RunningKernel kernel = RunningKernel.startKept(directory, machine())) {
            awaitAllReady(kernel);
            Program one = join(kernel, "os1");
            try (Program two = join(kernel, "os2")) {
                MessagePort port = two.open("p");
                Connection connection = one.connect("os2", "p");
                SharedMemory memory = one.createMemory("m", PAGE, false);
                SharedMemory mapped = two.openMemory("os1", "m", false);
                Mutex held = one.mutex("x");
                assertThat(held.lock(0)).isEqualTo(Mutex.Result.LOCKED);
                Mutex wanted = two.mutex("x");
                String before = two.list();

                ProcessHandle nanokernel = kernel.nanokernel();
                signal("-STOP", kernel.process.pid());
                nanokernel.destroyForcibly();
                assertThat(connection.send(text("meanwhile"), WAIT_MS)).isTrue();
                assertThat(text(port.receive(WAIT_MS))).isEqualTo("meanwhile");
                signal("-CONT", kernel.process.pid());

                // It waits in the connection's queue until there is a nanokernel.
                assertThat(two.list()).isEqualTo(before);
                try (Program three = join(kernel, "os3")) {
                    assertThat(List.of(one.programId(), two.programId())).doesNotContain(three.programId());
                    assertThat(three.connect("os2", "p").send(text("later"), WAIT_MS)).isTrue();
                    assertThat(text(port.receive(WAIT_MS))).isEqualTo("later");
                    memory.buffer().putInt(0, 42);
                    assertThat(three.openMemory("os1", "m", false).buffer().getInt(0)).isEqualTo(42);
                }
                one.close();
                assertThat(wanted.lock(WAIT_MS)).isEqualTo(Mutex.Result.LOCKED_AFTER_DEATH);
                await().atMost(WAIT_S, TimeUnit.SECONDS).until(() -> mapped.closed() == ClosedReason.PROGRAM_ENDED);
            }
        }
    }

    private static Program join(RunningKernel kernel, String os) throws IOException {
        Path place = kernel.base.resolve("default/os").resolve(os);
        return Program.join(place.resolve("attach.sock"), os, place.resolve("token"));
    }

    private static ByteBuffer text(String text) {
        return ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
    }

    private static String text(Message message) {
        return StandardCharsets.UTF_8.decode(message.data()).toString();
    }

    @Test
    void anOsThatEndedWhileThereWasNoNanokernelIsStartedAgain() throws Exception {
        try (RunningKernel kernel = RunningKernel.startKept(directory, machine())) {
            awaitAllReady(kernel);
            ProcessHandle init = ProcessHandle.of(kernel.pid("os2")).orElseThrow();
            ProcessHandle cell = init.parent().orElseThrow();
            ProcessHandle nanokernel = kernel.nanokernel();
            signal("-STOP", kernel.process.pid());
            nanokernel.destroyForcibly();
            init.destroyForcibly();
            // Nobody waits for it, so it stays a zombie.
            await().atMost(WAIT_S, TimeUnit.SECONDS).pollInterval(POLL)
                    .until(() -> !cell.isAlive() || cell.info().startInstant().isEmpty() || isZombie(cell.pid()));
            signal("-CONT", kernel.process.pid());
            awaitAllReady(kernel);
            assertThat(epoch(kernel, "os2")).isEqualTo(2);
            assertThat(epoch(kernel, "os1")).isEqualTo(1);
            assertThat(kernel.call("os.show", "os2").get("last_failure")).asString().contains("ended by signal 9");
            Object recoveries = kernel.call("os.show", "os2").get("recovery_seconds");
            assertThat(recoveries).asString().startsWith("{count=1, ");
            killNanokernel(kernel);
            assertThat(kernel.call("os.show", "os2")).containsEntry("recovery_seconds", recoveries);
        }
    }

    @Test
    void whereverInARestartItIsKilledTheNextOneGoesOn() throws Exception {
        long seed = System.nanoTime();
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(seed);
        System.out.println("seed " + seed);
        try (RunningKernel kernel = RunningKernel.startKept(directory, machine())) {
            awaitAllReady(kernel);
            for (int i = 1; i <= DEATHS; i++) {
                long before = epoch(kernel, "os2");
                CompletableFuture<Object> restart = CompletableFuture.supplyAsync(() -> restart(kernel, "os2"),
                        threads);
                int delay = random.nextInt(LONGEST_DELAY_MS);
                CompletableFuture.runAsync(() -> { },
                        CompletableFuture.delayedExecutor(delay, TimeUnit.MILLISECONDS, threads)).join();
                killNanokernel(kernel);
                restart.join();
                awaitAllReady(kernel);
                await("os2 talks").atMost(WAIT_S, TimeUnit.SECONDS)
                        .until(() -> kernel.pings("os2", "10.77.0.1") && kernel.pings("os3", "10.77.0.2"));
                assertThat(epoch(kernel, "os2")).as("death %d, seed %d", i, seed).isGreaterThanOrEqualTo(before);
                assertThat(List.of(epoch(kernel, "os1"), epoch(kernel, "os3"))).containsOnly(1L);
            }
            kernel.process.destroy();
            assertThat(kernel.process.waitFor(20, TimeUnit.SECONDS)).isTrue();
            kernel.awaitNothingLeft();
        }
    }

    /** The answer, if there is one before the nanokernel is killed. */
    private static Object restart(RunningKernel kernel, String os) {
        try {
            return kernel.call("os.restart", os);
        } catch (IOException | ControlException e) {
            return e;
        }
    }

    private static boolean isZombie(long pid) {
        return Command.run(Map.of(), List.of("grep", "-q", "^State:.Z", "/proc/" + pid + "/status")).status() == 0;
    }

    private static void signal(String signal, long pid) {
        assertThat(Command.run(Map.of(), List.of("kill", signal, String.valueOf(pid))).status()).isZero();
    }
}
