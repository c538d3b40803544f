// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A process that runs until its lifeline, its standard input, is closed. */
final class Daemon implements AutoCloseable {
    private static final Duration END_LIMIT = Duration.ofSeconds(20);
    private static final int MAX_LINES = 30;

    private final Process process;
    private final Deque<String> lastLines = new ArrayDeque<>();
    private final Thread listener = new Thread(this::listen, "daemon-output");

    private Daemon(Process process) {
        this.process = process;
    }

    /** Starts a command with some variables more than this process has. */
    static Daemon start(List<String> command, Map<String, String> environment) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
        builder.environment().putAll(environment);
        Daemon daemon = new Daemon(builder.start());
        daemon.listener.setDaemon(true);
        daemon.listener.start();
        return daemon;
    }

    private void listen() {
        try (BufferedReader reader = new BufferedReader(
                new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                remember(line);
            }
        } catch (IOException e) {
            remember(e.toString());
        }
    }

    private synchronized void remember(String line) {
        if (lastLines.size() == MAX_LINES) {
            lastLines.removeFirst();
        }
        lastLines.addLast(line);
        notifyAll();
    }

    /** Waits for the first line that it writes. */
    synchronized String firstLine(Duration limit) throws InterruptedException, StepFailure {
        long deadline = System.nanoTime() + limit.toNanos();
        while (lastLines.isEmpty()) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (left <= 0) {
                throw new StepFailure("a daemon says nothing");
            }
            wait(left);
        }
        return lastLines.getFirst();
    }

    /** Writes a line to its standard input. */
    void tell(String line) throws IOException {
        process.getOutputStream().write((line + "\n").getBytes(StandardCharsets.UTF_8));
        process.getOutputStream().flush();
    }

    /** The last lines that it wrote. */
    synchronized String output() {
        return String.join("\n", lastLines);
    }

    /** Waits; true once it has ended and all that it wrote is there. */
    boolean awaitEnd(Duration limit) throws InterruptedException {
        if (!process.waitFor(limit.toMillis(), TimeUnit.MILLISECONDS)) {
            return false;
        }
        listener.join(END_LIMIT.toMillis());
        return true;
    }

    boolean isAncestorOf(long pid) {
        return process.descendants().anyMatch(each -> each.pid() == pid);
    }

    boolean isAlive() {
        return process.isAlive();
    }

    int exitStatus() {
        return process.exitValue();
    }

    /** Breaks the lifeline and waits for the end; true if it came in order. */
    boolean end() throws IOException, InterruptedException {
        process.getOutputStream().close();
        return process.waitFor(END_LIMIT.toMillis(), TimeUnit.MILLISECONDS);
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
