// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.jna.Pointer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.supervise.MachineFixture.Endpoint;

/** Epochs, states and peers of a machine whose OSes are ordinary processes and this one. */
@Timeout(60)
class MachineTest {
    private static final String CONFIG = """
            [machine]
            ring_size = "256 KiB"
            heartbeat = { period = "20 ms", deadline = "60 s" }
            [[os]]
            name = "a"
            kind = "external"
            restart = { policy = "never" }
            [[os]]
            name = "b"
            kind = "process"
            init = ["/bin/sh", "-c", "echo epoch $NK_OS; exec /bin/sleep 1000"]
            restart = { policy = "never" }
            [[os]]
            name = "c"
            kind = "external"
            peers = ["a"]
            restart = { policy = "never" }
            """;

    @TempDir
    private Path directory;
    private MachineFixture machine;

    @BeforeEach
    void startMachine() throws Exception {
        machine = new MachineFixture(directory, CONFIG);
    }

    @AfterEach
    void endMachine() throws Exception {
        machine.close();
    }

    @Test
    void anOsIsBootingUntilItsEndpointIsReadyAndPeersAreToldOfEachOther() throws Exception {
        machine.start("a");
        machine.start("b");
        assertThat(machine.state("a")).isEqualTo("booting");
        try (Endpoint a = machine.attachReady("a"); Endpoint b = machine.attachReady("b")) {
            assertThat(a.told).containsExactly("peer b 1", "synced");
            assertThat(b.told).containsExactly("peer a 1", "synced");
            machine.start("c");
            a.await("peer c 1");
            b.attachment.dispatch(b);
            assertThat(b.told).doesNotContain("peer c 1");
            try (Endpoint c = machine.attach("c")) {
                assertThat(c.told).containsExactly("peer a 1", "synced");
            }
        }
    }

    @Test
    void anExitIsAFailureOfThisOsAloneAndItsNextEpochIsToldToItsPeers() throws Exception {
        machine.start("a");
        machine.start("b");
        try (Endpoint a = machine.attachReady("a")) {
            Endpoint before = machine.attachReady("b");
            awaitConsole("epoch b\n");
            kill("b");
            machine.awaitState("b", "panicked");
            a.await("gone b 1");
            before.await("lost");
            before.close();
            Map<String, Object> report = machine.show("b");
            assertThat((Map<?, ?>) report.get("last_failure"))
                    .extracting("kind", "text")
                    .containsExactly("signal", "its init was ended by signal 9");
            assertThat(machine.state("a")).isEqualTo("running");
            machine.start("b");
            a.await("peer b 2");
            try (Endpoint b = machine.attachReady("b")) {
                assertThat(b.attachment.epoch()).isEqualTo(2);
                assertThat(machine.show("b")).containsEntry("restarts", 1).containsEntry("epoch", 2);
            }
        }
        awaitConsole("epoch b\nepoch b\n");
    }

    private void awaitConsole(String text) {
        await().untilAsserted(() ->
                assertThat(machine.osDirectory("b").resolve("console.log")).hasContent(text));
    }

    @Test
    void aRestartGivesNewMemoryAndTheNextEpoch() throws Exception {
        machine.start("a");
        machine.start("b");
        try (Endpoint a = machine.attachReady("a"); Endpoint b = machine.attachReady("b")) {
            machine.restart("b");
            a.await("peer b 2");
            b.await("lost");
            assertThat(a.told).containsExactly("peer b 1", "synced", "gone b 1", "peer b 2");
            machine.restart("a");
            assertThat(machine.show("a")).containsEntry("epoch", 2).containsEntry("state", "booting");
        }
    }

    @Test
    void aStoppedOsRefusesToBeAttachedAndOneThatRunsToBeStartedTwice() throws Exception {
        machine.start("a");
        assertThatThrownBy(() -> machine.start("a")).isInstanceOf(ExecutionException.class)
                .hasCauseInstanceOf(IllegalStateException.class).hasMessageContaining("os=a is booting");
        machine.stop("a");
        assertThat(machine.state("a")).isEqualTo("stopped");
        assertThatThrownBy(() -> machine.attach("a")).isInstanceOf(AttachRefusedException.class)
                .hasMessageContaining("NOT_RUNNING");
        machine.stop("a");
        assertThatThrownBy(() -> machine.stop("nobody")).hasCauseInstanceOf(NoSuchElementException.class);
    }

    @Test
    void anInitThatIgnoresTermIsKilled() throws Exception {
        MachineFixture stubborn = new MachineFixture(Files.createDirectory(directory.resolve("stubborn")), """
                [[os]]
                name = "x"
                kind = "process"
                init = ["/bin/sh", "-c", "trap '' TERM; while :; do /bin/sleep 1; done"]
                """);
        stubborn.start("x");
        stubborn.stop("x");
        assertThat(stubborn.state("x")).isEqualTo("stopped");
        stubborn.close();
    }

    @Test
    void whileAllOsesStopNoneIsStartedAgain() throws Exception {
        MachineFixture stubborn = new MachineFixture(Files.createDirectory(directory.resolve("stubborn")), """
                [[os]]
                name = "x"
                kind = "process"
                init = ["/bin/sh", "-c", "trap '' TERM; echo deaf; while :; do /bin/sleep 1; done"]
                [[os]]
                name = "y"
                kind = "process"
                init = ["/bin/sleep", "1000"]
                """);
        stubborn.start("x");
        stubborn.start("y");
        await().untilAsserted(() -> assertThat(stubborn.osDirectory("x").resolve("console.log")).hasContent("deaf"));
        CompletableFuture<Void> stopped = stubborn.stopAll();
        stubborn.awaitState("y", "stopped");
        assertThatThrownBy(() -> stubborn.restart("y")).hasCauseInstanceOf(IllegalStateException.class);
        assertThatThrownBy(() -> stubborn.start("y")).hasMessageContaining("starts nothing any more");
        assertThat(stopped).isNotDone();
        stubborn.close();
    }

    @Test
    void theEndOfTheMachineKillsWhatStillRuns() throws Exception {
        MachineFixture ended = new MachineFixture(Files.createDirectory(directory.resolve("ended")), CONFIG);
        ended.start("b");
        ProcessHandle process = ProcessHandle.of((Long) ended.show("b").get("pid")).orElseThrow();
        ended.end();
        assertThat(process.onExit().get(10, TimeUnit.SECONDS)).isEqualTo(process);
    }

    @Test
    void aProgramThatIsNotThereIsAClearErrorAndLeavesTheOsStopped() throws Exception {
        MachineFixture missing = new MachineFixture(Files.createDirectory(directory.resolve("missing")), """
                [[os]]
                name = "x"
                kind = "process"
                init = ["/nonexistent/program"]
                """);
        assertThatThrownBy(() -> missing.start("x")).hasCauseInstanceOf(CellFailedException.class)
                .hasMessageContaining("/nonexistent/program");
        assertThat(missing.state("x")).isEqualTo("stopped");
        missing.close();
    }

    @Test
    void anEndpointThatComesAgainGetsTheSameEpoch() throws Exception {
        machine.start("a");
        machine.start("c");
        Endpoint first = machine.attachReady("a");
        first.attachment.beat(42);
        first.close();
        try (Endpoint again = machine.attachReady("a")) {
            assertThat(again.told).containsExactly("peer c 1", "synced");
            assertThat(again.attachment.epoch()).isEqualTo(1);
        }
    }

    @Test
    void silenceMakesAnOsSuspectThenHungAndABeatMendsBoth() throws Exception {
        machine.start("a");
        machine.start("c");
        try (Endpoint a = machine.attachReady("a"); Endpoint c = machine.attachReady("c")) {
            machine.pass(Duration.ofSeconds(40));
            assertThat(machine.state("a")).isEqualTo("suspect");
            a.attachment.beat(machine.now());
            machine.pass(Duration.ZERO);
            assertThat(machine.state("a")).isEqualTo("running");
            hang("a");
            a.attachment.beat(machine.now());
            machine.pass(Duration.ZERO);
            assertThat(machine.state("a")).isEqualTo("running");
            assertThat(machine.show("a").get("last_failure")).asString().contains("heartbeat");
            c.attachment.dispatch(c);
            assertThat(c.told).doesNotContain("gone a 1");
            machine.restart("a");
            c.await("peer a 2");
        }
    }

    @Test
    void aHungOsIsMendedByAnEndpointThatComesAgain() throws Exception {
        machine.start("a");
        Endpoint first = machine.attachReady("a");
        hang("a");
        first.close();
        try (Endpoint again = machine.attachReady("a")) {
            assertThat(again.attachment.epoch()).isEqualTo(1);
        }
    }

    @Test
    void anExitOfAHungOsIsItsFailure() throws Exception {
        machine.start("b");
        try (Endpoint b = machine.attachReady("b")) {
            hang("b");
            kill("b");
            machine.awaitState("b", "panicked");
            b.await("lost");
            machine.start("b");
        }
    }

    @Test
    void withoutAnEndpointNobodyIsMissed() throws Exception {
        machine.start("a");
        machine.start("c");
        machine.attachReady("a").close();
        // An OS that does hang shows that time enough has passed.
        try (Endpoint c = machine.attachReady("c")) {
            hang("c");
            assertThat(c.told).contains("synced");
        }
        assertThat(machine.state("a")).isEqualTo("running");
    }

    @Test
    void aPanicRecordOfWhichNobodyToldIsFoundWhenTheOsEnds() throws Exception {
        machine.start("b");
        try (Endpoint b = machine.attachReady("b")) {
            new Pointer(b.attachment.regionAddress()).setInt(OsRegionDescriptor.PANIC_STATE_OFFSET,
                    OsRegionDescriptor.PANIC_WRITTEN);
            kill("b");
            machine.awaitState("b", "panicked");
            assertThat(machine.show("b").get("last_failure")).asString().contains("kind=panic");
        }
    }

    @Test
    void aPanicRecordEndsTheEpochAndIsQuoted() throws Exception {
        machine.start("a");
        machine.start("b");
        try (Endpoint a = machine.attachReady("a"); Endpoint b = machine.attachReady("b")) {
            b.attachment.panic(5, "no\u0007 root", machine.now());
            machine.awaitState("b", "panicked");
            a.await("gone b 1");
            assertThat(machine.show("b").get("last_failure")).asString().contains("panic 5: no? root");
            machine.start("b");
            a.await("peer b 2");
        }
    }

    /** Nobody beats, for longer than the deadline. */
    private void hang(String os) throws Exception {
        machine.pass(Duration.ofSeconds(40));
        machine.pass(Duration.ofSeconds(40));
        assertThat(machine.state(os)).isEqualTo("hung");
    }

    private void kill(String os) throws Exception {
        ProcessHandle.of((Long) machine.show(os).get("pid")).orElseThrow().destroyForcibly();
    }
}
