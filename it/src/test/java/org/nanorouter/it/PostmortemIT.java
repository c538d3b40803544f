// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The last frames of an OS that was killed, as tshark sees them. */
@Timeout(180)
@Tag("once")
class PostmortemIT {
    /** What ping fills its packets with, and how often that is to be seen at the least. */
    private static final String PATTERN = "6e616e6f";
    private static final String PATTERN_TWICE = PATTERN + PATTERN;
    private static final int PINGS = 5;
    private static final int UNANSWERED = 3;

    @TempDir
    private Path directory;

    @BeforeEach
    void needs() {
        Privilege.requireRoot();
        Privilege.requireTun();
        Privilege.requireProgram("tshark");
        Privilege.requireProgram("capinfos");
    }

    private static String machine() {
        return """
                [machine]
                ring_size = "256 KiB"
                heartbeat = { period = "100 ms", deadline = "60 s" }
                """ + RunningKernel.agent("host", 1) + RunningKernel.agent("guest", 2);
    }

    private static void ping(RunningKernel kernel, String from, String to, int count) throws Exception {
        kernel.inside(from, "ping", "-q", "-c", String.valueOf(count), "-i", "0.05", "-W", "1", "-p", PATTERN, to);
    }

    /** Lines {@code interface TAB type TAB comment} of the echo requests and replies that ping made. */
    private static List<String> pings(Path file) {
        return tshark(file, "-Y", "icmp && frame contains " + colons(PATTERN_TWICE), "-T", "fields",
                "-e", "frame.interface_name", "-e", "icmp.type", "-e", "frame.comment");
    }

    private static String colons(String hex) {
        return hex.replaceAll("..(?!$)", "$0:");
    }

    private static List<String> tshark(Path file, String... options) {
        List<String> words = new ArrayList<>(List.of("tshark", "-r", file.toString()));
        words.addAll(List.of(options));
        Command result = Command.run(Map.of(), words);
        assertThat(result.status()).as(result.err()).isZero();
        return result.out().lines().toList();
    }

    @Test
    void theLastPingsOfAKilledGuestAreThereInBothDirectionsDeliveredOrNot() throws Exception {
        Path file = directory.resolve("guest.pcapng");
        try (RunningKernel kernel = RunningKernel.start(directory, machine())) {
            kernel.awaitState("host", "running");
            kernel.awaitState("guest", "running");
            assertThat(kernel.nanorouter("os", "postmortem", "guest", "-w", file.toString()).err())
                    .contains("os=guest has not failed");
            ping(kernel, "host", "10.77.0.2", PINGS);
            // Now its agent stands still: what comes is not taken out of the ring.
            kernel.call("os.hang", "guest");
            ping(kernel, "host", "10.77.0.2", UNANSWERED);
            kernel.call("os.kill", "guest");
            // That its process 1 has gone may be known before the status is.
            await().atMost(60, TimeUnit.SECONDS).until(() -> kernel.call("os.show", "guest").get("last_failure")
                    .toString().contains("kind=signal"));

            Command made = kernel.nanorouter("os", "postmortem", "guest", "-w", file.toString(), "-j");
            assertThat(made.status()).as(made.err()).isZero();
            assertThat(made.out()).contains("\"failure\" : \"signal\"", "\"epoch\" : 1");
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");

            List<String> pings = pings(file);
            assertThat(pings).filteredOn(line -> line.matches("host>guest\t8\tsequence \\d+, delivered"))
                    .hasSize(PINGS);
            assertThat(pings).filteredOn(line -> line.matches("guest>host\t0\tsequence \\d+, delivered"))
                    .hasSize(PINGS);
            assertThat(pings).filteredOn(line -> line.matches("host>guest\t8\tsequence \\d+, still waiting"))
                    .hasSize(UNANSWERED);
            assertThat(pings).hasSize(2 * PINGS + UNANSWERED);
            // The journal's times have microseconds.
            assertThat(tshark(file, "-Y", "eth", "-T", "fields", "-e", "frame.time_epoch")).isSorted();
            assertThat(tshark(file)).filteredOn(line -> line.contains("systemd Journal")).anyMatch(line ->
                    line.matches(".*guest: epoch 1: .*its init was ended by signal 9.*"));
            assertThat(Command.run("capinfos", file.toString()).out())
                    .contains("OS guest, epoch 1, failed at", "Name = guest>host", "Name = host>guest");

            assertThat(kernel.nanorouter("os", "postmortem", "guest", "-w", file.toString()))
                    .returns(73, Command::status).extracting(Command::err).asString().contains("is there already");
            Path second = directory.resolve("second.pcapng");
            assertThat(kernel.nanorouterIn(List.of("sh", "-c", "exec \"$@\" > " + second, "sh"),
                    "os", "postmortem", "guest", "-w", "-").status()).isZero();
            assertThat(second).hasSameBinaryContentAs(file);
        }
    }

    @Test
    void aFullDiskIsSaidAndLeavesNothing() throws Exception {
        Path full = Files.createDirectory(directory.resolve("full"));
        try (RunningKernel kernel = RunningKernel.start(directory, machine())) {
            kernel.awaitState("host", "running");
            kernel.awaitState("guest", "running");
            ping(kernel, "host", "10.77.0.2", 60);
            kernel.call("os.kill", "guest");
            kernel.awaitState("guest", "panicked");
            Command failed = kernel.nanorouterIn(List.of("unshare", "-m", "sh", "-c",
                    "mount -t tmpfs -o size=8k none " + full + " && \"$@\"; status=$?; ls -A " + full
                            + "; exit $status", "sh"), "os", "postmortem", "guest", "-w", full + "/guest.pcapng");
            assertThat(failed.err()).contains("guest.pcapng was not made: No space left on device");
            assertThat(failed.status()).isEqualTo(74);
            assertThat(failed.out()).isEmpty();
            assertThat(kernel.state("host")).isEqualTo("running");
        }
    }
}
