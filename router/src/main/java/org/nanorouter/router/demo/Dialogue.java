// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** A talk with a program that asks and answers, such as a login over telnet. */
final class Dialogue implements AutoCloseable {
    private static final Duration PATIENCE = Duration.ofSeconds(20);

    private final Process process;
    private final StringBuilder heard = new StringBuilder();
    private int understood;
    private boolean ended;

    private Dialogue(Process process) {
        this.process = process;
    }

    /** Starts a program; the talk begins. */
    static Dialogue open(List<String> command) throws IOException {
        Dialogue dialogue = new Dialogue(new ProcessBuilder(command).redirectErrorStream(true).start());
        Thread listener = new Thread(dialogue::listen, "dialogue");
        listener.setDaemon(true);
        listener.start();
        return dialogue;
    }

    private void listen() {
        byte[] some = new byte[4096];
        try (InputStream in = process.getInputStream()) {
            for (int n = in.read(some); n >= 0; n = in.read(some)) {
                hear(new String(some, 0, n, StandardCharsets.ISO_8859_1));
            }
        } catch (IOException e) {
            hear("\n" + e.getMessage());
        }
        synchronized (this) {
            ended = true;
            notifyAll();
        }
    }

    private synchronized void hear(String text) {
        heard.append(text);
        notifyAll();
    }

    /** Waits until the program has said this, after what was last waited for. */
    synchronized void expect(String text) throws StepFailure, InterruptedException {
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        int place = heard.indexOf(text, understood);
        while (place < 0) {
            long left = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
            if (ended || left <= 0) {
                throw new StepFailure("\"" + text.strip() + "\" did not come", heard.toString());
            }
            wait(left);
            place = heard.indexOf(text, understood);
        }
        understood = place + text.length();
    }

    /** Types a line. */
    void type(String line) throws IOException {
        process.getOutputStream().write((line + "\r").getBytes(StandardCharsets.ISO_8859_1));
        process.getOutputStream().flush();
    }

    /** Waits until the program has ended. */
    void awaitEnd() throws InterruptedException, StepFailure {
        if (!process.waitFor(PATIENCE.toSeconds(), TimeUnit.SECONDS)) {
            throw new StepFailure("the client does not end", heard.toString());
        }
    }

    @Override
    public void close() {
        process.descendants().forEach(ProcessHandle::destroyForcibly);
        process.destroyForcibly();
    }
}
