// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;

/** Runs a program of the machine to its end. */
final class Program {
    private static final long TICK_MS = 100;

    private Program() {
    }

    /**
     * How a program ended.
     *
     * @param status its exit code
     * @param output what it wrote, its errors too
     */
    record Outcome(int status, String output) {
        /** The same if the exit code is 0. */
        Outcome orFail(String what) throws StepFailure {
            if (status != 0) {
                throw new StepFailure(what + " ended with exit code " + status, output);
            }
            return this;
        }
    }

    static Outcome run(Duration limit, List<String> command) throws IOException, InterruptedException, StepFailure {
        return run(limit, command, "", () -> { });
    }

    /**
     * Runs a program.
     *
     * @param input what it reads
     * @param tick  called ten times a second meanwhile
     */
    static Outcome run(Duration limit, List<String> command, String input, Runnable tick)
            throws IOException, InterruptedException, StepFailure {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        try {
            CompletableFuture<String> output = CompletableFuture.supplyAsync(() -> readAll(process));
            try (OutputStream stdin = process.getOutputStream()) {
                stdin.write(input.getBytes(StandardCharsets.UTF_8));
            } catch (IOException e) {
                // It ended without reading; its exit code and its words tell why.
                tick.run();
            }
            long deadline = System.nanoTime() + limit.toNanos();
            while (!process.waitFor(TICK_MS, TimeUnit.MILLISECONDS)) {
                tick.run();
                if (System.nanoTime() > deadline) {
                    destroy(process);
                    throw new StepFailure("not ended after " + limit.toSeconds() + " s: " + String.join(" ", command),
                            output.join());
                }
            }
            return new Outcome(process.exitValue(), output.get());
        } catch (ExecutionException e) {
            throw new IOException(e.getCause());
        } finally {
            destroy(process);
        }
    }

    private static void destroy(Process process) {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }

    private static String readAll(Process process) {
        try {
            return new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
