// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class LeaderLockTest {
    private static final long PATIENCE_S = 30;

    @TempDir
    private Path directory;
    private final List<Process> processes = new ArrayList<>();

    @AfterEach
    void end() throws InterruptedException {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
    }

    private LeaderLock lock() throws IOException {
        return LeaderLock.beside(directory.resolve("router.sock"));
    }

    /** Takes the lock, says so, and holds it until it is killed. */
    static final class Holder {
        private Holder() {
        }

        public static void main(String[] args) throws Exception {
            LeaderLock lock = LeaderLock.beside(Path.of(args[0]));
            System.out.println(lock.await() ? "leads" : "stopped");
            System.in.read();
        }
    }

    private Process holder() throws IOException {
        Process process = new ProcessBuilder(Path.of(System.getProperty("java.home"), "bin", "java").toString(),
            "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", System.getProperty("java.class.path"),
            Holder.class.getName(), directory.resolve("router.sock").toString())
            .redirectError(ProcessBuilder.Redirect.DISCARD).start();
        processes.add(process);
        return process;
    }

    private static void awaitLeads(Process process) throws IOException {
        BufferedReader output = process.inputReader();
        assertThat(output.readLine()).isEqualTo("leads");
    }

    @Test
    void whoIsKilledIsFollowedByWhoWaits() throws Exception {
        Process first = holder();
        awaitLeads(first);
        try (LeaderLock second = lock()) {
            assertThat(second.tryTake()).isFalse();
            assertThat(second.leader()).isEqualTo(Long.toString(first.pid()));
            CompletableFuture<Boolean> leads = CompletableFuture.supplyAsync(() -> {
                try {
                    return second.await();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            first.destroyForcibly();
            assertThat(leads.get(PATIENCE_S, TimeUnit.SECONDS)).isTrue();
            assertThat(second.leader()).isEqualTo(Long.toString(ProcessHandle.current().pid()));
        }
    }

    @Test
    void waitingCanBeStopped() throws Exception {
        awaitLeads(holder());
        try (LeaderLock second = lock()) {
            CompletableFuture<Boolean> leads = CompletableFuture.supplyAsync(() -> {
                try {
                    return second.await();
                } catch (IOException e) {
                    throw new IllegalStateException(e);
                }
            });
            await().atMost(PATIENCE_S, TimeUnit.SECONDS).until(() -> {
                second.stopWaiting();
                return leads.isDone();
            });
            assertThat(leads.get()).isFalse();
        }
    }

    @Test
    void whoLeadsIsNotStopped() throws Exception {
        try (LeaderLock only = lock()) {
            assertThat(only.tryTake()).isTrue();
            only.stopWaiting();
            try (LeaderLock other = lock()) {
                assertThat(other.tryTake()).isFalse();
            }
        }
    }

    @Test
    void aLockFileThatWasReplacedIsNoRightToLead() throws Exception {
        Path file = directory.resolve("router.sock.lock");
        try (LeaderLock old = lock()) {
            Files.delete(file);
            Process newer = holder();
            awaitLeads(newer);
            assertThat(old.tryTake()).as("the removed file is free, the new one is not").isFalse();
            assertThat(old.leader()).isEqualTo(Long.toString(newer.pid()));
        }
    }

    @Test
    void theFileIsItsOwnersAlone() throws Exception {
        try (LeaderLock lock = lock()) {
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(lock.file())))
                .isEqualTo("rw-------");
        }
    }
}
