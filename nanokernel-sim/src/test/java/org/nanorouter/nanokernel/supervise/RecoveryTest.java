// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.channel.ChannelState;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.nanokernel.supervise.MachineFixture.Endpoint;

/** What follows when an OS of a machine fails; OSes are ordinary processes and this one. */
@Timeout(60)
class RecoveryTest {
    private static final String HEAD = """
            [machine]
            ring_size = "256 KiB"
            heartbeat = { period = "20 ms", deadline = "60 s" }
            stall_deadline = "10 s"
            """;
    private static final String SURVIVOR = """
            [[os]]
            name = "host"
            kind = "external"
            restart = { hung = "report" }
            """;

    @TempDir
    private Path directory;
    private MachineFixture machine;

    private void start(String guest) throws Exception {
        machine = new MachineFixture(directory, HEAD + SURVIVOR + guest);
        machine.start("host");
        machine.start("guest");
    }

    private static String guest(String init, String restart) {
        return """
                [[os]]
                name = "guest"
                kind = "process"
                init = ["/bin/sh", "-c", "%s"]
                restart = %s
                """.formatted(init, restart);
    }

    @AfterEach
    void endMachine() throws Exception {
        machine.close();
    }

    private List<String> changes(String os) throws Exception {
        return machine.on(() -> machine.events().of(os).stream().filter(event -> event.to() != null)
                .map(event -> event.epoch() + " " + event.to()).toList());
    }

    @Test
    void anOsThatPanicsGetsItsNextEpochAndTheOthersGoOn() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ delay = '1 ms' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            guest.attachment.panic(5, "no root", machine.now());
            host.await("peer guest 2");
            assertThat(host.told).containsSubsequence("peer guest 1", "gone guest 1", "peer guest 2");
            assertThat(changes("guest")).containsExactly("1 BOOTING", "1 RUNNING", "1 PANICKED", "1 RESTARTING",
                    "2 BOOTING");
            assertThat(machine.show("host")).containsEntry("epoch", 1).containsEntry("state", "running");
            assertThat(machine.show("guest")).containsEntry("restarts", 1);
            assertThat(machine.show("guest").get("last_failure")).asString().contains("panic 5: no root");
            assertThat(machine.show("guest").get("recovery_seconds")).asString().startsWith("{count=0, ");
            try (Endpoint next = machine.attachReady("guest")) {
                assertThat(machine.show("guest").get("recovery_seconds")).asString().startsWith("{count=1, ");
                assertThat(machine.show("host").get("recovery_seconds")).asString().startsWith("{count=0, ");
                assertThat(next.told).contains("synced");
            }
        }
    }

    @Test
    void aPanicIsSeenWithoutALook() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ policy = 'never' }"));
        try (Endpoint guest = machine.attachReady("guest")) {
            guest.attachment.panic(1, "now", machine.now());
            machine.awaitState("guest", "panicked");
        }
    }

    @Test
    void anOsThatFailsAtEachBootIsGivenUpAndTheOperatorMayBeginAnew() throws Exception {
        start(guest("exit 3", "{ delay = '1 ms', limit = 3 }"));
        machine.awaitState("guest", "failed");
        assertThat(machine.show("guest")).containsEntry("epoch", 4).containsEntry("restarts", 3);
        assertThat(changes("guest")).endsWith("4 BOOTING", "4 PANICKED", "4 FAILED");
        machine.start("guest");
        machine.awaitState("guest", "failed");
        assertThat(machine.show("guest")).containsEntry("epoch", 8);
        assertThat(machine.show("host")).containsEntry("epoch", 1);
    }

    @Test
    void anInitThatEndsWellIsRestartedOnlyAlways() throws Exception {
        start(guest("exit 0", "{ delay = '1 ms' }"));
        machine.awaitState("guest", "stopped");
        machine.close();
        machine = new MachineFixture(Files.createDirectory(directory.resolve("always")),
                HEAD + SURVIVOR + guest("exit 0", "{ policy = 'always', delay = '1 ms', limit = 2 }"));
        machine.start("guest");
        machine.awaitState("guest", "failed");
        assertThat(machine.show("guest")).containsEntry("epoch", 3);
    }

    @Test
    void aHungOsIsEndedAndStartedAgain() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ delay = '1 ms' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            long pid = (Long) machine.show("guest").get("pid");
            machine.pass(Duration.ofSeconds(40));
            assertThat(machine.state("guest")).isEqualTo("suspect");
            machine.pass(Duration.ofSeconds(30));
            host.await("peer guest 2");
            guest.await("lost");
            assertThat(changes("guest")).containsExactly("1 BOOTING", "1 RUNNING", "1 SUSPECT", "1 HUNG",
                    "1 RESTARTING", "2 BOOTING");
            assertThat(ProcessHandle.of(pid)).isEmpty();
        }
    }

    @Test
    void aStopOvertakesTheRestartThatWaits() throws Exception {
        start(guest("exit 3", "{ delay = '1 h', max_delay = '1 h' }"));
        machine.awaitState("guest", "restarting");
        machine.stop("guest");
        assertThat(machine.state("guest")).isEqualTo("stopped");
        machine.start("guest");
        machine.awaitState("guest", "restarting");
        machine.restart("guest");
        assertThat(machine.show("guest")).containsEntry("epoch", 3);
    }

    @Test
    void requestsThatOvertakeEachOtherLeaveOneOs() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ delay = '1 ms' }"));
        for (int i = 0; i < 20; i++) {
            CompletableFuture<?> first = machine.requestRestart("guest");
            CompletableFuture<?> second = machine.requestRestart("guest");
            machine.inject("guest", FaultSignal.KILL);
            second.handle((done, failure) -> null).join();
            assertThat(first).isDone();
        }
        machine.restart("guest");
        assertThat(machine.state("guest")).isEqualTo("booting");
        long pid = (Long) machine.show("guest").get("pid");
        // It is a shell until it has become sleep.
        org.awaitility.Awaitility.await().untilAsserted(() ->
                assertThat(ProcessHandle.current().children().filter(ProcessHandle::isAlive)
                        .filter(child -> child.info().command().orElse("").endsWith("sleep")).map(ProcessHandle::pid))
                        .containsExactly(pid));
    }

    @Test
    void garbageInThePanicRecordIsAPanic() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ delay = '1 ms' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            guest.attachment.panic(-1, "\u0000\u001b[2J\ud800" + "\uffff".repeat(300), Long.MIN_VALUE);
            host.await("peer guest 2");
            assertThat(Objects.toString(machine.show("guest").get("last_failure"))).doesNotContain("\u001b");
        }
    }

    @Test
    void aPeersReportIsNoVerdictOfANanokernelThatDidNotLookItself() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ policy = 'never' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            host.await("peer guest 1");
            guest.await("peer host 1");
            machine.standStill(Duration.ofSeconds(70));
            host.attachment.reportSilent(host.attachment.channels().get(0));
            machine.awaitEvent("guest", "host has seen no beat of it within the deadline");
            assertThat(machine.state("guest")).isEqualTo("running");
        }
    }

    /** The guest beats and does not look into its ring. */
    private void stall(Endpoint host, Endpoint guest) throws Exception {
        host.await("peer guest 1");
        guest.await("peer host 1");
        RingProducer toGuest = host.attachment.channels().get(0).producer();
        assertThat(toGuest.claim(60)).isNotEqualTo(RingProducer.FULL);
        toGuest.publish(RecordDescriptor.TYPE_MESSAGE, 60, machine.now());
        machine.pass(Duration.ZERO);
        guest.attachment.beat(machine.now());
        machine.pass(Duration.ofSeconds(11));
    }

    @Test
    void ringsShowWhatLiesInThemWhileTheyAreOpen() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ policy = 'never' }"));
        assertThat(machine.rings()).containsExactly("host>guest: closed null", "guest>host: closed null");
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            host.await("peer guest 1");
            guest.await("peer host 1");
            assertThat(machine.rings()).containsExactly("host>guest: open 0", "guest>host: open 0");
            RingProducer toGuest = host.attachment.channels().get(0).producer();
            assertThat(toGuest.claim(60)).isNotEqualTo(RingProducer.FULL);
            toGuest.publish(RecordDescriptor.TYPE_MESSAGE, 60, machine.now());
            assertThat(machine.rings()).containsExactly("host>guest: open " + RecordDescriptor.span(60),
                    "guest>host: open 0");
        }
    }

    @Test
    void channelIsShownAsQuarantinedUntilTheEpochOfOneEnds() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ policy = 'never' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            host.await("peer guest 1");
            guest.await("peer host 1");
            host.attachment.reportLied(host.attachment.channels().get(0));
            machine.awaitEvent("guest", "host put its channel to it into quarantine");
            assertThat(machine.rings()).allSatisfy(ring -> assertThat(ring).contains(": quarantined "));
            machine.stop("guest");
            assertThat(machine.rings()).allSatisfy(ring -> assertThat(ring).endsWith(": closed null"));
        }
    }

    @Test
    void anOsThatBeatsAndReadsNothingIsReported() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ delay = '1 ms' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            stall(host, guest);
            machine.awaitEvent("guest", "reads nothing of what host sent, for 10000 ms, though it beats");
            assertThat(machine.show("guest")).containsEntry("epoch", 1).containsEntry("state", "running");
        }
    }

    @Test
    void orRestartedIfItsPolicySaysSo() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ delay = '1 ms', stalled = 'restart' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            stall(host, guest);
            machine.awaitEvent("guest", "epoch 2 begins");
            assertThat(machine.show("guest").get("last_failure")).asString().contains("kind=stall");
        }
    }

    @Test
    void anOsThatLiesIsReportedByItsPeerAndRestartedIfItsPolicySaysSo() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ delay = '1 ms', quarantined = 'restart' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            host.await("peer guest 1");
            guest.await("peer host 1");
            machine.on(() -> {
                machine.garble("guest");
                return true;
            });
            Channel toGuest = host.attachment.channels().get(0);
            assertThat(toGuest.consumer().poll()).isNegative();
            assertThat(toGuest.state()).isEqualTo(ChannelState.QUARANTINED);
            host.attachment.reportLied(toGuest);
            host.await("peer guest 2");
            guest.attachment.reportLied(guest.attachment.channels().get(0));
            assertThat(machine.show("host")).as("an old epoch accuses nobody").containsEntry("epoch", 1);
        }
    }

    @Test
    void whoReportsWithoutEndIsHeardOnce() throws Exception {
        start(guest("exec /bin/sleep 1000", "{ policy = 'never' }"));
        try (Endpoint host = machine.attachReady("host"); Endpoint guest = machine.attachReady("guest")) {
            host.await("peer guest 1");
            guest.await("peer host 1");
            Channel toGuest = host.attachment.channels().get(0);
            for (int i = 0; i < 50; i++) {
                host.attachment.reportLied(toGuest);
            }
            host.attachment.reportSilent(toGuest);
            host.attachment.reportSilent(toGuest);
            machine.awaitEvent("guest", "host has seen no beat of it within the deadline");
            assertThat(machine.on(() -> machine.events().of("guest").stream()
                    .filter(event -> event.reason().contains("quarantine")).count())).isEqualTo(1);
            // Messages of one endpoint come in their order, so both reports have been handled by then.
            host.attachment.panic(1, "on purpose", machine.now());
            machine.awaitEvent("host", "panic 1: on purpose");
            assertThat(machine.on(() -> machine.events().of("guest").stream()
                    .filter(event -> event.reason().contains("no beat of it")).count())).isEqualTo(1);
        }
    }

    @Test
    void anExternalOsIsRestartedByItsCommand() throws Exception {
        Path mark = directory.resolve("mark");
        machine = new MachineFixture(directory, HEAD + """
                [[os]]
                name = "host"
                kind = "external"
                restart = { delay = "1 ms", command = ["/bin/sh", "-c", "echo restarted > %s"] }
                """.formatted(mark));
        machine.start("host");
        try (Endpoint host = machine.attachReady("host")) {
            host.attachment.panic(1, "gone", machine.now());
            machine.awaitEvent("host", "epoch 2 begins");
            org.awaitility.Awaitility.await().until(() -> Files.exists(mark) && Files.size(mark) > 0);
        }
        machine.attachReady("host").close();
    }
}
