// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import java.util.List;
import org.nanorouter.nanokernel.control.ControlException;

/** The checked TCP session between two OSes. Lines come on the program's thread, questions from another one. */
final class Session implements AutoCloseable {
    private final String client;
    private final String server;
    private final CellProgram program;
    private boolean up;
    private long lastProgress;
    private long checkedBytes;
    private long bytesOfConnection;
    private long corrupted;
    private long broken;
    /** The end of a connection up to this time has a reason. */
    private long excusedUntil = Long.MIN_VALUE;
    /** Longest time without progress since it was asked for. */
    private long longestGap;

    Session(Kernel kernel, String client, String server, String serverAddress, int port) {
        this.client = client;
        this.server = server;
        this.program = new CellProgram(kernel, client, List.of("check", serverAddress, String.valueOf(port)),
            this::onLine);
    }

    static String address(Kernel kernel, String os) throws java.io.IOException, ControlException {
        return CellProgram.output(kernel, os, "address");
    }

    private synchronized void onLine(String line) {
        String[] words = line.split(" ");
        switch (words[0]) {
            case "up" -> {
                progress(Long.parseLong(words[1]));
                up = true;
                bytesOfConnection = 0;
            }
            case "ok" -> {
                progress(Long.parseLong(words[1]));
                checkedBytes += Long.parseLong(words[2]) - bytesOfConnection;
                bytesOfConnection = Long.parseLong(words[2]);
            }
            case "corrupt" -> corrupted++;
            case "down", "ended" -> ended(Long.parseLong(words[1]));
            default -> {
                // What the program complains about shows as a session that does not come up.
            }
        }
        notifyAll();
    }

    private void progress(long at) {
        longestGap = lastProgress == 0 ? 0 : Math.max(longestGap, at - lastProgress);
        lastProgress = at;
    }

    private void ended(long at) {
        if (up && at > excusedUntil) {
            broken++;
        }
        up = false;
    }

    boolean isOf(String os) {
        return client.equals(os) || server.equals(os);
    }

    /** One of its OSes is about to fail: the connection may end until this is taken back. */
    synchronized void excuse() {
        excusedUntil = Long.MAX_VALUE;
    }

    /** From now on the connection has to last. */
    synchronized void oblige() {
        excusedUntil = System.nanoTime();
    }

    /** Waits until a byte came back right after this time; false if none did in time. */
    synchronized boolean awaitProgressAfter(long time, long timeoutMs) throws InterruptedException {
        long deadline = System.nanoTime() + timeoutMs * 1_000_000;
        while (!up || lastProgress - time <= 0) {
            long leftMs = (deadline - System.nanoTime()) / 1_000_000;
            if (leftMs <= 0) {
                return false;
            }
            wait(leftMs);
        }
        return true;
    }

    /** When the last byte came back right. */
    synchronized long lastProgress() {
        return lastProgress;
    }

    /** Longest time without a byte since the last call, in nanoseconds. */
    synchronized long takeLongestGap() {
        long gap = longestGap;
        longestGap = 0;
        return gap;
    }

    synchronized long checkedBytes() {
        return checkedBytes;
    }

    synchronized long corrupted() {
        return corrupted;
    }

    /** Connections that ended without a reason. */
    synchronized long broken() {
        return broken;
    }

    @Override
    public String toString() {
        return client + "-" + server;
    }

    @Override
    public void close() {
        excuse();
        program.close();
    }
}
