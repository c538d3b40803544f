// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Namespace cells that fail, and come back alone. */
@Timeout(180)
@Tag("once")
class RecoveryIT {
    private static final Duration POLL = Duration.ofMillis(20);

    @TempDir
    private Path directory;

    @BeforeEach
    void needs() {
        Privilege.requireRoot();
        Privilege.requireTun();
    }

    /** Nothing here depends on how long a living OS may be silent, and on a busy machine it may be long. */
    private static final String PATIENT = "machine.heartbeat = { deadline = \"3 s\" }\n";

    private static String os(String name, int number, String init, String restart) {
        String folder = System.getProperty("nanorouter.native");
        return String.format("""
                [[os]]
                name = "%s"
                init = [%s]
                mounts = [{ source = "%s" }]
                restart = %s
                """, name, init.formatted(folder, number), folder, restart);
    }

    private static String agent(String name, int number) {
        return os(name, number, "\"%s/nk-agent\", \"--address\", \"10.77.0.%d/24\"",
                "{ limit = 0, delay = \"10 ms\", max_delay = \"10 ms\", quarantined = \"restart\" }");
    }

    private static Map<?, ?> lastFailure(RunningKernel kernel, String os) throws Exception {
        return (Map<?, ?>) kernel.call("os.show", os).get("last_failure");
    }

    private static void awaitEpoch(RunningKernel kernel, String os, int epoch) {
        await(os + " runs in epoch " + epoch).atMost(60, TimeUnit.SECONDS).pollInterval(POLL).until(() -> {
            Map<String, Object> report = kernel.call("os.show", os);
            return report.get("epoch").equals(epoch) && report.get("state").equals("running");
        });
    }

    /** By the signals that end a process because of an error of its own. */
    @ParameterizedTest
    @ValueSource(strings = {"ABRT", "SEGV", "BUS", "ILL", "FPE", "TRAP"})
    void anAgentThatDiesOfAnErrorLeavesARecordAndItsOsComesBack(String signal) throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory, PATIENT + agent("guest", 2))) {
            kernel.awaitState("guest", "running");
            Object pid = kernel.call("os.show", "guest").get("endpoint_pid");
            assertThat(new ProcessBuilder("kill", "-" + signal, String.valueOf(pid)).start().waitFor()).isZero();
            awaitEpoch(kernel, "guest", 2);
            assertThat(lastFailure(kernel, "guest")).extracting("kind").isEqualTo("panic");
            assertThat(lastFailure(kernel, "guest").get("text")).asString()
                    .contains("nk-agent: SIG" + signal + " from outside");
        }
    }

    @Test
    void anOsThatPanicsAtEachBootIsLeftFailedAndTheOthersAreUntouched() throws Exception {
        String machine = PATIENT + agent("host", 1) + os("guest", 2, "\"/bin/sh\", \"-c\", \"kill -ABRT $$\"",
                "{ limit = 3, delay = \"1 ms\" }");
        try (RunningKernel kernel = RunningKernel.start(directory, machine)) {
            kernel.awaitState("guest", "failed");
            kernel.awaitState("host", "running");
            assertThat(kernel.call("os.show", "guest")).containsEntry("epoch", 4).containsEntry("restarts", 3);
            assertThat(kernel.call("os.show", "host")).containsEntry("epoch", 1).containsEntry("restarts", 0);
            Command events = kernel.nanorouter("os", "events", "guest");
            assertThat(events.out()).contains("panicked -> failed", "'os start guest' begins anew");
            assertThat(kernel.nanorouter("os", "events", "nobody").status()).isNotZero();
        }
    }

    @Test
    void anOsThatPanicsWhileASessionInItIsStoppedComesBack() throws Exception {
        Process session = null;
        try (RunningKernel kernel = RunningKernel.start(directory, PATIENT + agent("guest", 2))) {
            kernel.awaitState("guest", "running");
            session = new ProcessBuilder(kernel.entering("guest", "sleep", "300")).start();
            Process entered = session;
            await("it is in the OS").until(() -> entered.children()
                    .anyMatch(child -> child.info().command().orElse("").endsWith("sleep")));
            assertThat(Command.run("kill", "-STOP", Long.toString(session.pid())).status()).isZero();
            kernel.call("os.panic", "guest");
            awaitEpoch(kernel, "guest", 2);
        } finally {
            if (session != null) {
                RunningKernel.kill(session);
            }
        }
    }

    @Test
    void aPeerThatHangsIsReportedByTheOthersAndMendedByItsNextBeat() throws Exception {
        String machine = PATIENT + agent("host", 1)
                + os("guest", 2, "\"%s/nk-agent\", \"--address\", \"10.77.0.%d/24\"", "{ hung = \"report\" }");
        try (RunningKernel kernel = RunningKernel.start(directory, machine)) {
            kernel.awaitState("host", "running");
            kernel.awaitState("guest", "running");
            assertThat(kernel.pings("host", "10.77.0.2")).isTrue();
            kernel.call("os.hang", "guest");
            kernel.awaitState("guest", "hung");
            await("the report").atMost(20, TimeUnit.SECONDS).pollInterval(POLL).until(() -> kernel.call("os.events",
                    "guest").toString().contains("host has seen no beat of it within the deadline"));
            kernel.call("os.resume", "guest");
            kernel.awaitState("guest", "running");
            assertThat(kernel.call("os.show", "guest")).containsEntry("epoch", 1);
            assertThat(kernel.pings("host", "10.77.0.2")).isTrue();
        }
    }

    @Test
    void failuresAtRandomHarmNobodyElseAndCorruptNothing() throws Exception {
        String machine = PATIENT + agent("host", 1) + agent("guest", 2) + agent("guest2", 3);
        try (RunningKernel kernel = RunningKernel.start(directory, machine)) {
            for (String os : List.of("host", "guest", "guest2")) {
                kernel.awaitState(os, "running");
            }
            Command chaos = kernel.nanorouter("chaos", "--count", "20", "--seed", "1", "--pause", "50", "--kinds",
                    "panic,hang,kill,slow,doorbell,garbage", "-j");
            assertThat(chaos.status()).as(chaos.out() + chaos.err() + kernel.log()).isZero();
            Map<String, Object> result = JSON.std.mapFrom(chaos.out());
            assertThat(result).containsEntry("injected", 20).containsEntry("recovered", 20)
                    .containsEntry("corrupted_bytes", 0).containsEntry("sessions_broken", 0)
                    .containsEntry("false_positives", 0);
            System.out.println("chaos: " + result);
        }
    }
}
