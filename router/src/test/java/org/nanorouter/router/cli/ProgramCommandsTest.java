// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.daemon.Nanokernel;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.program.Barrier;
import org.nanorouter.nanokernel.program.Connection;
import org.nanorouter.nanokernel.program.Message;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.shim.Shim;
import picocli.CommandLine;

/**
 * {@code msg}, {@code mem} and {@code sync} as programs of a nanokernel's OSes: what they show with {@code -j}, and
 * that {@code nk}, their twin in C, does the same.
 */
@Timeout(60)
class ProgramCommandsTest {
    private static final long WAIT_MS = 15_000;
    /** Beats are not what is tested: a machine that pauses for half a second makes no OS hung. */
    private static final String CONFIG = """
            [machine]
            heartbeat = { period = "100 ms", deadline = "20 s" }
            [[os]]
            name = "a"
            kind = "external"
            [[os]]
            name = "b"
            kind = "external"
            """;
    private static final byte[] NO_TEXT = {(byte) 0xff, 0, 'x'};

    @TempDir
    private static Path directory;
    private static RunDirectory instance;
    private static Nanokernel nanokernel;
    private static CompletableFuture<Integer> running;
    /** The common pool has one thread on two processors, from Java 25 on for this, too. */
    private static final ExecutorService THREADS = Executors.newCachedThreadPool();

    private volatile Runnable whenShown = () -> { };
    private final StringWriter out = new StringWriter() {
        @Override
        public void flush() {
            whenShown.run();
        }
    };
    private final StringWriter err = new StringWriter();

    @BeforeAll
    static void startNanokernel() throws Exception {
        instance = RunDirectory.of(directory.resolve("run"), "test");
        nanokernel = Nanokernel.create(new Nanokernel.Options(MachineConfig.parse(CONFIG, Path.of("m.toml")),
                Keeper.none(), instance, null, false, false));
        running = CompletableFuture.supplyAsync(() -> {
            try {
                return nanokernel.run();
            } catch (Exception e) {
                throw new AssertionError(e);
            }
        }, THREADS);
        await().until(() -> running.isDone() || Files.exists(instance.tokenFile("a"))
                && Files.exists(instance.tokenFile("b")));
    }

    @AfterAll
    static void stopNanokernel() throws Exception {
        nanokernel.stop();
        assertThat(running.get(WAIT_MS, TimeUnit.MILLISECONDS)).isZero();
        THREADS.shutdownNow();
    }

    private static Map<String, String> environment(String os) {
        return Map.of("NK_ATTACH", instance.attachSocket(os).toString(), "NK_OS", os, "NK_TOKEN_FILE",
                instance.tokenFile(os).toString());
    }

    private static Program join(String os) throws Exception {
        return Program.join(environment(os));
    }

    /** Runs a command in OS a; answers its exit code. */
    private int java(String command, String... words) {
        ThisProgram here = new ThisProgram(environment("a"));
        CommandLine line = new CommandLine(switch (command) {
            case "msg" -> new MsgCommand(here);
            case "mem" -> new MemCommand(here);
            default -> new SyncCommand(here);
        });
        line.setParameterExceptionHandler((mistake, arguments) -> ExitStatus.USAGE);
        line.setExecutionExceptionHandler((failure, failed, parsed) -> {
            err.append(failure.getMessage());
            return Nanorouter.exitStatus(failure);
        });
        return line.setOut(new PrintWriter(out, true)).setErr(new PrintWriter(err, true)).execute(words);
    }

    /** Runs a command of nanorouter, or of its twin in C. */
    private int run(String language, String command, String... words) throws Exception {
        if (language.equals("java")) {
            return java(command, words);
        }
        List<String> line = new ArrayList<>(List.of(Shim.directory().resolve("nk").toString(), command));
        line.addAll(List.of(words));
        ProcessBuilder builder = new ProcessBuilder(line);
        builder.environment().putAll(environment("a"));
        Process process = builder.start();
        out.append(new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8));
        err.append(new String(process.getErrorStream().readAllBytes(), StandardCharsets.UTF_8));
        return process.waitFor();
    }

    /** One of Java at once, which waits for this test. */
    private CompletableFuture<Integer> begin(String command, String... words) {
        return CompletableFuture.supplyAsync(() -> java(command, words), THREADS);
    }

    private static int status(CompletableFuture<Integer> command) throws Exception {
        return command.get(WAIT_MS, TimeUnit.MILLISECONDS);
    }

    private static ByteBuffer bytes(String text) {
        return StandardCharsets.UTF_8.encode(text);
    }

    private static String base64(byte[] data) {
        return Base64.getEncoder().encodeToString(data);
    }

    /** Connects once the command has opened it. */
    private static Connection connect(Program program, String port) {
        return await().pollInterval(Duration.ofMillis(5)).ignoreExceptionsInstanceOf(AttachRefusedException.class)
                .until(() -> program.connect("a", port), connection -> true);
    }

    @Test
    void aMessageIsAnObjectALine() throws Exception {
        CompletableFuture<Integer> receiver = begin("msg", "recv", "p1", "-n", "3", "-j");
        try (Program b = join("b"); Connection connection = connect(b, "p1")) {
            connection.send(bytes("h\u00e9llo\n"), WAIT_MS);
            connection.send(ByteBuffer.wrap(NO_TEXT), WAIT_MS);
            assertThat(connection.request(bytes("there?"), WAIT_MS)).isNotNull();
            assertThat(status(receiver)).as(err.toString()).isZero();
            List<String> lines = out.toString().lines().toList();
            assertThat(lines).hasSize(3);
            Map<String, Object> first = JSON.std.mapFrom(lines.get(0));
            long sequence = ((Number) first.get("sequence")).longValue();
            assertThat(first.keySet()).containsExactly("os", "program", "epoch", "sequence", "request", "text",
                    "base64");
            assertThat(first).containsEntry("os", "b").containsEntry("program", b.programId())
                    .containsEntry("epoch", 1).containsEntry("request", false).containsEntry("text", "h\u00e9llo\n");
            assertThat(JSON.std.mapFrom(lines.get(1))).containsEntry("text", null)
                    .containsEntry("base64", base64(NO_TEXT)).containsEntry("sequence", (int) sequence + 1);
            assertThat(JSON.std.mapFrom(lines.get(2))).containsEntry("text", "there?").containsEntry("request", true);
        }
    }

    @Test
    void anAskerThatIsGoneIsNoReasonToEnd() throws Exception {
        CountDownLatch shown = new CountDownLatch(1);
        CompletableFuture<Void> goOn = new CompletableFuture<>();
        whenShown = () -> {
            shown.countDown();
            goOn.orTimeout(WAIT_MS, TimeUnit.MILLISECONDS).join();
        };
        CompletableFuture<Integer> receiver = begin("msg", "recv", "p4", "-n", "2", "-j");
        try (Program b = join("b"); Connection other = connect(b, "p4")) {
            try (Program asker = join("b")) {
                Connection connection = connect(asker, "p4");
                other.send(bytes("first"), WAIT_MS);
                assertThat(shown.await(WAIT_MS, TimeUnit.MILLISECONDS)).isTrue();
                assertThat(connection.request(bytes("second"), 0)).isNull();
            }
            await().until(() -> b.list().contains("\"connections\":1"));
            goOn.complete(null);
            assertThat(status(receiver)).as(err.toString()).isZero();
        }
        assertThat(out.toString().lines()).hasSize(2);
    }

    @Test
    void aReplyIsAnObjectALine() throws Exception {
        try (Program b = join("b"); var port = b.open("p2")) {
            CompletableFuture<Integer> asker = begin("msg", "ask", "b", "p2", "-j", "one", "two");
            for (int i = 0; i < 2; i++) {
                Message request = port.receive(WAIT_MS);
                assertThat(request).isNotNull();
                request.from().reply(request, bytes("re"), WAIT_MS);
            }
            assertThat(status(asker)).as(err.toString()).isZero();
        }
        assertThat(out.toString().lines()).hasSize(2).allSatisfy(line -> assertThat(JSON.std.mapFrom(line))
                .containsEntry("text", "re").containsEntry("base64", "cmU=").containsEntry("os", "b"));
    }

    @Test
    void aDumpIsOneObject() throws Exception {
        try (Program b = join("b"); var memory = b.createMemory("table", 2 << 20, false)) {
            memory.buffer().put(4, NO_TEXT);
            assertThat(java("mem", "dump", "b", "table", "-j", "-s", "4", "-n", "3")).as(err.toString()).isZero();
            Map<String, Object> dump = JSON.std.mapFrom(out.toString());
            assertThat(dump.keySet()).containsExactly("os", "name", "epoch", "length", "offset", "base64");
            assertThat(dump).containsEntry("os", "b").containsEntry("name", "table").containsEntry("epoch", 1)
                    .containsEntry("length", 2 << 20).containsEntry("offset", 4)
                    .containsEntry("base64", base64(NO_TEXT));
            assertThat(java("mem", "dump", "b", "table", "-j", "-n", "9999999")).isEqualTo(ExitStatus.USAGE);
            assertThat(err.toString()).contains("1048576");
            assertThat(java("mem", "dump", "b", "table", "-j", "--raw")).isNotZero();
        }
    }

    private void assertSync(String name, String kind, String result) throws Exception {
        Map<String, Object> answer = JSON.std.mapFrom(take());
        assertThat(answer.keySet()).containsExactly("name", "kind", "result");
        assertThat(answer).containsEntry("name", name).containsEntry("kind", kind).containsEntry("result", result);
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "c"})
    void aWaitSaysHowItEnded(String language) throws Exception {
        try (Program b = join("b"); var event = b.event("ready", false); var semaphore = b.semaphore("units", 1, 1);
                var barrier = b.barrier("go", 2)) {
            assertThat(run(language, "sync", "wait", "-j", "-t", "0", "ready")).isEqualTo(ExitStatus.FAILED);
            assertSync("ready", "manual-event", "timed-out");
            assertThat(run(language, "sync", "wait", "ready", "--timeout=1")).isEqualTo(ExitStatus.FAILED);
            assertThat(err.toString()).contains("ready: not within 1 ms");
            event.set();
            assertThat(run(language, "sync", "wait", "-j", "ready")).isZero();
            assertSync("ready", "manual-event", "passed");
            assertThat(run(language, "sync", "wait", "-j", "--semaphore=1", "units")).isZero();
            assertSync("units", "semaphore", "passed");
            assertThat(semaphore.acquire(0)).isFalse();

            assertThat(barrier.await(1)).isEqualTo(Barrier.Result.TIMED_OUT);
            assertThat(run(language, "sync", "wait", "-j", "--barrier=2", "go")).isEqualTo(ExitStatus.FAILED);
            assertSync("go", "barrier", "broken");
            assertThat(err.toString()).contains("barrier go is broken");
        }
        assertThat(run(language, "sync", "wait", "-j", "--barrier", "1", "alone")).isZero();
        assertSync("alone", "barrier", "last");
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "c"})
    void whoCameToABarrierLeavesItWhole(String language) throws Exception {
        try (Program b = join("b"); var barrier = b.barrier("whole", 1)) {
            assertThat(run(language, "sync", "wait", "--barrier=1", "whole")).isZero();
            assertThat(barrier.await(0)).isEqualTo(Barrier.Result.LAST);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "c"})
    void aPostSaysWhatCameOfIt(String language) throws Exception {
        assertThat(run(language, "sync", "post", "-j", "--auto", "nobody")).isEqualTo(ExitStatus.FAILED);
        assertSync("nobody", "auto-event", "unknown");
        assertThat(err.toString()).contains("no program has nobody");
        assertThat(run(language, "sync", "post", "-j", "a\"b\\")).isEqualTo(ExitStatus.FAILED);
        assertSync("a\"b\\", "manual-event", "unknown");
        try (Program b = join("b"); var semaphore = b.semaphore("one", 0, 1)) {
            assertThat(run(language, "sync", "post", "-j", "--semaphore=1", "one")).isZero();
            assertSync("one", "semaphore", "posted");
            assertThat(run(language, "sync", "post", "-j", "--semaphore=1", "one")).isEqualTo(ExitStatus.FAILED);
            assertSync("one", "semaphore", "full");
            assertThat(semaphore.acquire(0)).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "c"})
    void withoutItPeopleAreToldByTheExitCodeAlone(String language) throws Exception {
        try (Program b = join("b"); var event = b.event("quiet", false)) {
            assertThat(run(language, "sync", "post", "quiet")).isZero();
            assertThat(event.await(0)).isTrue();
            assertThat(run(language, "sync", "wait", "quiet")).isZero();
        }
        assertThat(out.toString()).isEmpty();
    }

    @ParameterizedTest
    @ValueSource(strings = {"java", "c"})
    void whatIsWrongHasTheSameExitCode(String language) throws Exception {
        for (String line : List.of("sync wait", "sync post a b", "sync wait --auto --barrier=2 x", "sync wait -t x y",
                "sync wait --semaphore=much x", "sync post --barrier=2 x", "sync post -t 1 x", "sync list x",
                "sync mend x", "mem list --raw", "msg recv", "msg send b", "sync wait " + "x".repeat(32),
                "msg recv " + "x".repeat(32), "msg send b " + "x".repeat(32))) {
            String[] words = line.split(" ");
            assertThat(run(language, words[0], Arrays.copyOfRange(words, 1, words.length))).as(line)
                    .isEqualTo(ExitStatus.USAGE);
        }
        try (Program b = join("b")) {
            b.event("event", false);
            assertThat(run(language, "sync", "wait", "--auto", "event")).isEqualTo(ExitStatus.UNAVAILABLE);
            assertThat(run(language, "sync", "wait", "--barrier=0", "none")).isEqualTo(ExitStatus.UNAVAILABLE);
            assertThat(run(language, "sync", "wait", "NONE")).isEqualTo(ExitStatus.UNAVAILABLE);
            assertThat(run(language, "msg", "ask", "b", "none", "x")).isEqualTo(ExitStatus.UNAVAILABLE);
            b.open("p3");
            assertThat(run(language, "msg", "ask", "b", "p3", "")).isEqualTo(ExitStatus.DATA);
            assertThat(run(language, "msg", "send", "b", "p3", "x".repeat(AbiDescriptor.MAX_MESSAGE + 1)))
                    .isEqualTo(ExitStatus.DATA);
            assertThat(run(language, "msg", "send", "b", "p3", "")).as("as an empty line").isZero();
        }
        assertThat(out.toString()).isEmpty();
    }

    @Test
    void bothListTheSame() throws Exception {
        try (Program b = join("b")) {
            b.createMemory("listed", 4096, true);
            b.event("e", true);
            b.semaphore("some", 2, 3);
            b.open("listed");
            for (String line : List.of("mem list", "sync list", "msg ports")) {
                String[] words = line.split(" ");
                assertThat(run("java", words[0], words[1])).isZero();
                String table = take();
                assertThat(run("c", words[0], words[1])).isZero();
                assertThat(take()).isEqualTo(table).hasLineCount(words[0].equals("sync") ? 3 : 2);
                assertThat(run("java", words[0], words[1], "-j")).isZero();
                List<Object> objects = JSON.std.listFrom(take());
                assertThat(run("c", words[0], words[1], "-j")).isZero();
                assertThat(JSON.std.listFrom(take())).isEqualTo(objects);
            }
            assertThat(run("c", "sync")).as("without a verb").isZero();
            assertThat(take()).contains("2 of 3");
        }
    }

    private String take() {
        String text = out.toString();
        out.getBuffer().setLength(0);
        return text;
    }
}
