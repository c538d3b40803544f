// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.Writer;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.stream.Stream;
import org.nanorouter.shim.Shim;

/** A {@link ProgramPeer}, or its twin in C, in a process of its own. */
final class PeerProcess implements AutoCloseable {
    private static final long WAIT_S = 20;

    private final Process process;
    private final BufferedReader output;
    private final ExecutorService reader = Executors.newSingleThreadExecutor();
    private final Writer input;

    private PeerProcess(Process process) {
        this.process = process;
        this.output = process.inputReader();
        this.input = process.outputWriter();
    }

    /** Starts one, in java or c, that joins the OS of which this is the environment. */
    static PeerProcess start(Map<String, String> environment, String language) throws Exception {
        List<String> command = new ArrayList<>();
        if (language.equals("java")) {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                    .filter(option -> option.contains("native-access")).forEach(command::add);
            command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m",
                    "-Dnanorouter.native=" + Shim.directory(), "-cp", System.getProperty("java.class.path"),
                    ProgramPeer.class.getName()));
        } else {
            command.add(Shim.directory().resolve("nk-program-peer").toString());
        }
        ProcessBuilder builder = new ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT);
        builder.environment().putAll(environment);
        PeerProcess peer = new PeerProcess(builder.start());
        assertThat(peer.answer().get(WAIT_S, TimeUnit.SECONDS)).startsWith("joined ");
        return peer;
    }

    /** Sends a line, and answers with what comes back. */
    String ask(String line) throws Exception {
        return get(begin(line));
    }

    /** Sends a line; the answer comes later. */
    CompletableFuture<String> begin(String line) throws IOException {
        input.write(line + "\n");
        input.flush();
        return answer();
    }

    /** Sends a line that makes it wait, and comes back once its thread sleeps in the kernel. */
    CompletableFuture<String> beginWait(String line) throws Exception {
        CompletableFuture<String> answer = begin(line);
        await().atMost(WAIT_S, TimeUnit.SECONDS).until(() -> answer.isDone() || sleeps(process.pid()));
        return answer;
    }

    /** Runs it once a thread of the test's process waits for a word. */
    static CompletableFuture<Void> onceThisProcessWaits(Runnable what) {
        return CompletableFuture.runAsync(() -> {
            await().atMost(WAIT_S, TimeUnit.SECONDS).until(() -> sleeps(ProcessHandle.current().pid()));
            what.run();
        });
    }

    /** Whether a thread of a process waits for a word. */
    private static boolean sleeps(long pid) throws IOException {
        try (Stream<Path> threads = Files.list(Path.of("/proc/" + pid + "/task"))) {
            return threads.map(thread -> thread.resolve("syscall")).anyMatch(PeerProcess::waitsForWords);
        }
    }

    private static boolean waitsForWords(Path syscall) {
        try {
            // futex_waitv(2), the same number on all machines.
            return Files.readString(syscall).startsWith("449 ");
        } catch (IOException e) {
            return false;
        }
    }

    static String get(CompletableFuture<String> answer) throws InterruptedException, ExecutionException,
            TimeoutException {
        return answer.get(WAIT_S, TimeUnit.SECONDS);
    }

    private CompletableFuture<String> answer() {
        return CompletableFuture.supplyAsync(() -> {
            try {
                return String.valueOf(output.readLine());
            } catch (IOException e) {
                return "gone";
            }
        }, reader);
    }

    /** Kills it, and comes back once it is gone. */
    void kill() throws InterruptedException {
        process.destroyForcibly().waitFor();
    }

    /** Kills it when it has lived so much longer. */
    void killAfter(int microseconds) throws InterruptedException {
        assertThat(process.waitFor(microseconds, TimeUnit.MICROSECONDS)).isFalse();
        kill();
    }

    /** Sends it the signal USR1. */
    void interrupt() throws IOException, InterruptedException {
        new ProcessBuilder("kill", "-USR1", Long.toString(process.pid())).start().waitFor();
    }

    /** Its exit status, once it has ended. */
    int exitStatus() throws InterruptedException {
        assertThat(process.waitFor(WAIT_S, TimeUnit.SECONDS)).isTrue();
        return process.exitValue();
    }

    @Override
    public void close() {
        process.destroyForcibly();
        reader.shutdown();
    }
}
