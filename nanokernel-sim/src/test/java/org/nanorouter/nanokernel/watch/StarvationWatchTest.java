// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.watch;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class StarvationWatchTest {
    private static final long PID = 7;
    private static final long MS = 1_000_000;

    @TempDir
    private Path proc;
    private long now = 5_000 * MS;

    private StarvationWatch watch() {
        return new StarvationWatch(proc, 600 * MS);
    }

    private void thread(int id, String name, String state, long usedMs) throws IOException {
        Path thread = Files.createDirectories(proc.resolve(PID + "/task/" + id));
        Files.writeString(thread.resolve("stat"), id + " (" + name + ") " + state + " 1 7 7 0 -1\n");
        Files.writeString(thread.resolve("schedstat"), usedMs * MS + " 5000 12\n");
    }

    /** What is excused 250 ms later, in ms. */
    private long excused(StarvationWatch watch) {
        now += 250 * MS;
        return watch.excuse(PID, now) / MS;
    }

    @Test
    void whoIsReadyAndGetsNextToNothingIsExcusedUpToTheBoundOfOneSilence() throws IOException {
        StarvationWatch watch = watch();
        thread(7, "java", "S", 300);
        thread(8, "a) S (b", "R", 500);
        watch.late(PID, now);
        thread(8, "a) S (b", "R", 520);
        assertThat(excused(watch)).isEqualTo(250);
        assertThat(excused(watch)).isEqualTo(250);
        assertThat(excused(watch)).isEqualTo(100);
        assertThat(excused(watch)).isZero();
        assertThat(watch.excusedNs()).as("of this silence").isEqualTo(600 * MS);
        watch.alive();
        assertThat(watch.excusedNs()).isZero();
        watch.late(PID, now);
        assertThat(excused(watch)).isEqualTo(250);
    }

    @Test
    void whoGetsAProcessorIsNotExcused() throws IOException {
        StarvationWatch watch = watch();
        thread(7, "java", "R", 500);
        thread(8, "data", "R", 500);
        watch.late(PID, now);
        thread(7, "java", "R", 515);
        thread(8, "data", "R", 515);
        assertThat(excused(watch)).isZero();
    }

    @Test
    void whoSleepsOrIsStoppedIsNotExcused() throws IOException {
        for (String states : List.of("SS", "TT", "DD", "SR", "RT")) {
            StarvationWatch watch = watch();
            thread(7, "java", states.substring(0, 1), 500);
            watch.late(PID, now);
            thread(7, "java", states.substring(1), 500);
            assertThat(excused(watch)).as(states).isZero();
        }
    }

    @Test
    void ofWhomNothingIsKnownIsNotExcused() throws IOException {
        StarvationWatch watch = watch();
        assertThat(excused(watch)).as("no such process").isZero();
        thread(7, "java", "R", 500);
        assertThat(excused(watch)).as("the first look").isZero();
        Files.delete(proc.resolve("7/task/7/schedstat"));
        assertThat(excused(watch)).as("a kernel that does not tell").isZero();
        assertThat(watch.excuse(0, now)).as("an endpoint of unknown process").isZero();
    }

    @Test
    void whoeverLooksHasAProcessor() {
        StarvationWatch watch = new StarvationWatch(Path.of("/proc"), Long.MAX_VALUE);
        long pid = ProcessHandle.current().pid();
        watch.late(pid, now);
        assertThat(watch.excuse(pid, now + 1_000 * MS)).isZero();
    }

    /** The clock is the test's, so whatever a process used within the test is next to nothing of 1000 seconds. */
    @ParameterizedTest
    @CsvSource({"while :; do :; done, 1000", "exec sleep 1000, 0"})
    void theKernelTellsOfARealProcess(String command, long expected) throws IOException {
        Process process = new ProcessBuilder("/bin/sh", "-c", command).start();
        try {
            // A shell that has just begun is ready in both cases, or waits for its own pages.
            await().untilAsserted(() -> {
                StarvationWatch watch = new StarvationWatch(Path.of("/proc"), Long.MAX_VALUE);
                watch.late(process.pid(), now);
                assertThat(watch.excuse(process.pid(), now + 1_000_000 * MS)).isEqualTo(expected * 1_000 * MS);
            });
        } finally {
            process.destroyForcibly();
        }
    }
}
