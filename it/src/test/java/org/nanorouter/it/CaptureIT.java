// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;

/** Captures of real traffic, read by Wireshark's tools. */
@Tag("once")
class CaptureIT {
    private static final String GUEST = "10.77.0.2";
    private static final int LIMIT_S = 60;
    private static final Pattern SUM = Pattern.compile("(\\d+) captured, 0 dropped by capture");

    private static StandingDemo demo;

    private final List<Running> running = new ArrayList<>();

    @BeforeAll
    static void startDemonstration() throws IOException {
        Privilege.requireProgram("tshark");
        demo = StandingDemo.start();
    }

    @AfterAll
    static void endDemonstration() {
        if (demo != null) {
            demo.close();
        }
    }

    @AfterEach
    void endCaptures() {
        running.forEach(capture -> capture.process.descendants().forEach(ProcessHandle::destroyForcibly));
        running.forEach(capture -> capture.process.destroyForcibly());
    }

    /** A capture that goes on until it is ended. */
    private record Running(Process process, Path out, Path err) {
        /** Ends it; what it said on standard error. */
        String end() throws Exception {
            process.destroy();
            return await();
        }

        String await() throws Exception {
            assertThat(process.waitFor(LIMIT_S, SECONDS)).isTrue();
            String said = Files.readString(err);
            assertThat(process.exitValue()).as(said).isZero();
            return said;
        }
    }

    private Running capture(String... words) throws IOException {
        List<String> command = new ArrayList<>(List.of(demo.program().toString(), "capture"));
        command.addAll(List.of(words));
        Path out = Files.createTempFile(demo.directory(), "capture", ".out");
        Path err = Files.createTempFile(demo.directory(), "capture", ".err");
        ProcessBuilder builder = new ProcessBuilder(command).redirectOutput(out.toFile()).redirectError(err.toFile());
        builder.environment().putAll(demo.environment());
        Running capture = new Running(builder.start(), out, err);
        running.add(capture);
        await().atMost(Duration.ofSeconds(LIMIT_S)).until(() -> Files.readString(err).contains("capturing at")
            || !capture.process.isAlive());
        return capture;
    }

    private static Path file(String name) {
        return demo.directory().resolve(name);
    }

    private static List<String> tshark(Path file, String filter, String... fields) {
        List<String> words = new ArrayList<>(List.of("tshark", "-n", "-r", file.toString(), "-Y", filter, "-T",
            "fields", "-o", "tcp.check_checksum:TRUE"));
        for (String field : fields) {
            words.addAll(List.of("-e", field));
        }
        Command command = Command.run(Map.of(), words);
        assertThat(command.status()).as(command.err()).isZero();
        return command.out().lines().toList();
    }

    @Test
    void everyFrameIsInTheFileWhereItCameInAndWhereItWentOutUnderOneId() throws Exception {
        Path file = file("ping.pcapng");
        Running capture = capture("-w", file.toString(), "icmp");
        demo.host("ping", "-n", "-q", "-c", "5", "-i", "0.01", GUEST);
        assertThat(capture.end()).contains("20 captured, 0 dropped by capture");
        List<String> packets = tshark(file, "icmp", "frame.packet_id", "frame.interface_name",
            "frame.packet_flags_direction", "frame.comment");
        assertThat(packets).hasSize(20);
        for (int i = 0; i < packets.size(); i += 4) {
            String[] asked = packets.get(i).split("\t");
            String[] sent = packets.get(i + 1).split("\t");
            String[] answered = packets.get(i + 2).split("\t");
            assertThat(asked[0]).isEqualTo(sent[0]).isNotEqualTo(answered[0]);
            assertThat(asked[1]).isEqualTo("nk0 in");
            assertThat(sent[1]).isEqualTo("peers:guest out");
            assertThat(answered[1]).isEqualTo("peers:guest in");
            assertThat(List.of(asked[2], sent[2])).containsExactly("0x00000001", "0x00000002");
            assertThat(sent[3]).matches("router_ns=\\d+ sequence=\\d+ epoch=1 slot=\\d+");
            assertThat(answered[3]).matches("ring_ns=\\d+ sequence=\\d+ epoch=1 slot=\\d+");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
    }

    @Test
    void ftpAndTelnetAreSeenThroughAPipe() throws Exception {
        Privilege.requireProgram("curl");
        Path text = file("pipe.txt");
        ProcessBuilder builder = new ProcessBuilder("sh", "-c", "\"$0\" capture -i any -w - tcp port 21 or tcp"
            + " port 23 2> " + text + ".err | tshark -l -n -r - -Y 'ftp || telnet' > " + text + " 2> /dev/null",
            demo.program().toString());
        builder.environment().putAll(demo.environment());
        Process pipe = builder.start();
        running.add(new Running(pipe, text, text));
        await().atMost(Duration.ofSeconds(LIMIT_S)).until(() -> Files.exists(Path.of(text + ".err"))
            && Files.readString(Path.of(text + ".err")).contains("capturing at"));
        demo.host("sh", "-c", "head -c 20000 /dev/urandom > /tmp/captured");
        demo.host("curl", "-sS", "-T", "/tmp/captured", "ftp://guest:nanorouter@" + GUEST + "/captured");
        demo.host("bash", "-c", "exec 3<> /dev/tcp/" + GUEST + "/23; head -c 3 <&3 | wc -c");
        await().atMost(Duration.ofSeconds(LIMIT_S)).untilAsserted(() -> assertThat(Files.readString(text))
            .contains("Request: USER guest").contains("STOR captured").contains("TELNET"));
    }

    @Test
    void fixedUpFramesAreThoseThatANetworkCardWouldSend() throws Exception {
        Privilege.requireProgram("curl");
        Path asTheyAre = file("large.pcapng");
        Path fixed = file("fixed.pcapng");
        Running one = capture("-Q", "in", "-w", asTheyAre.toString(), "tcp");
        Running two = capture("-Q", "in", "--fixup", "-w", fixed.toString(), "tcp");
        demo.host("sh", "-c", "head -c 1000000 /dev/urandom > /tmp/large");
        demo.host("curl", "-sS", "-T", "/tmp/large", "ftp://guest:nanorouter@" + GUEST + "/large");
        one.end();
        two.end();
        assertThat(tshark(asTheyAre, "frame.len > 1514", "frame.comment"))
            .isNotEmpty().anyMatch(comment -> comment.contains("gso=tcpv4/14") && comment.endsWith("csum=partial"));
        assertThat(tshark(fixed, "frame.len > 1514 || tcp.checksum.status == \"Bad\"", "frame.number")).isEmpty();
        assertThat(tshark(fixed, "tcp.checksum.status == \"Good\"", "frame.number")).hasSizeGreaterThan(600);
    }

    @Test
    void aRingOfFilesKeepsTheNewest() throws Exception {
        Running capture = capture("-C", "1", "-W", "3", "-w", file("ring").toString(), "udp");
        for (int i = 0; i < 4; i++) {
            demo.host("bash", "-c", "for i in $(seq 40); do head -c 60000 /dev/zero > /dev/udp/" + GUEST + "/9; done");
        }
        capture.end();
        long sum = 0;
        for (String name : List.of("ring0", "ring1", "ring2")) {
            Command capinfos = Command.run("capinfos", "-cM", file(name).toString());
            assertThat(capinfos.status()).as(capinfos.err()).isZero();
            assertThat(Files.size(file(name))).isLessThan(1_100_000);
            sum += Files.size(file(name));
        }
        assertThat(sum).isGreaterThan(2_000_000);
        assertThat(file("ring3")).doesNotExist();
    }

    @Test
    void theOlderFormatHasTheSameFrames() throws Exception {
        Path file = file("old.pcap");
        Running capture = capture("--pcap", "-c", "4", "-s", "60", "-w", file.toString(), "icmp");
        demo.host("ping", "-n", "-q", "-c", "2", "-i", "0.01", GUEST);
        assertThat(capture.await()).contains("4 captured");
        assertThat(tshark(file, "icmp", "frame.cap_len", "frame.len")).containsOnly("60\t98").hasSize(4);
    }

    @Test
    void aLineShowsWhereAFrameWentAndHowLongItLayInTheRing() throws Exception {
        Running capture = capture("-c", "2", "icmp");
        demo.host("ping", "-n", "-q", "-c", "1", GUEST);
        capture.await();
        List<String> lines = Files.readAllLines(capture.out);
        assertThat(lines).hasSize(2);
        assertThat(lines.get(0))
            .matches("\\d\\d:\\d\\d:\\d\\d\\.\\d{6} nk0 in  10.77.0.1 > 10.77.0.2: .* -> peers:guest");
        assertThat(lines.get(1)).matches(".* peers:guest in  .*, \\d+\\.\\d us in ring -> nk0");
    }

    @Test
    void theFlowOfAFrameIsFollowedToWhereThePeerTookIt() throws Exception {
        Running capture = capture("--flow", "icmp");
        demo.host("ping", "-n", "-q", "-c", "3", "-i", "0.2", GUEST);
        capture.end();
        assertThat(Files.readAllLines(capture.out)).filteredOn(line -> line.contains("10.77.0.1 > 10.77.0.2"))
            .hasSize(3).allSatisfy(line -> assertThat(line)
                .matches("\\S+ nk0 +- +[\\d.]+ +[\\d.]+ +[\\d.]+  peers:guest +>#\\d+ +.*"));
        assertThat(Files.readString(capture.out)).contains("nk0 > peers:guest: 3 frames")
            .contains("in the ring to the peer, until it was sent on there");
    }

    @Test
    void aCaptureGoesOnWhenTheStandbyHasTakenOver() throws Exception {
        Path file = file("takeover.pcapng");
        Running capture = capture("-U", "-w", file.toString(), "icmp");
        demo.host("ping", "-n", "-q", "-c", "1", GUEST);
        Object before = leader();
        assertThat(demo.nanorouter("router", "kill", "host").status()).isZero();
        await().atMost(Duration.ofSeconds(LIMIT_S)).until(() -> !before.equals(leader()));
        await().atMost(Duration.ofSeconds(LIMIT_S)).until(() -> {
            demo.host("ping", "-n", "-q", "-c", "1", GUEST);
            return tshark(file, "icmp.type == 8", "frame.interface_id").stream().distinct().count() > 2;
        });
        assertThat(SUM.matcher(capture.end()).find()).isTrue();
        assertThat(tshark(file, "!eth", "_ws.col.Info")).anyMatch(text -> text.contains("the router has gone"));
    }

    private static Object leader() throws IOException {
        Command status = demo.nanorouter("status", "-o", "host", "-j");
        Map<String, Object> reply = JSON.std.mapFrom(status.out());
        return String.valueOf(((Map<?, ?>) ((List<?>) reply.get("routers")).get(0)).get("pid"));
    }

    @Test
    void aFullDiskEndsTheCaptureWithAFileThatCanBeRead() {
        Path disk = file("disk");
        Command command = Command.run(demo.environment(), List.of("unshare", "-m", "sh", "-c", """
            mkdir "$1" && mount -t tmpfs -o size=300k none "$1" || exit 99
            "$0" capture -w "$1/full" & capture=$!
            until [ -e "$1/full" ] || ! kill -0 $capture; do sleep 0.05; done
            while kill -0 $capture 2> /dev/null; do "$0" exec host -- bash -c \\
              "for i in $(seq -s ' ' 20); do head -c 60000 /dev/zero > /dev/udp/10.77.0.2/9; done"; done
            wait $capture; echo "exit $?"
            capinfos -c "$1/full"
            """, demo.program().toString(), disk.toString()));
        assertThat(command.out()).as(command.err()).contains("exit 74").containsPattern("packets: +[1-9]");
        assertThat(command.err()).contains("full: No space left on device; what is there is whole");
    }

    @Test
    void aReaderThatHasSeenEnoughEndsTheCaptureQuietly() {
        Command command = Command.run(demo.environment(), List.of("bash", "-c", """
            set -o pipefail
            { "$0" capture icmp 2> "$1"; echo "exit $?" >> "$1"; } | head -n 1 &
            until grep -q capturing "$1" 2> /dev/null || ! kill -0 $!; do sleep 0.05; done
            for i in 1 2 3 4; do "$0" exec host -- ping -n -q -c 1 10.77.0.2 > /dev/null; done
            wait; cat "$1"
            """, demo.program().toString(), file("enough").toString()));
        assertThat(command.out()).contains(" nk0 in ").contains("exit 0").doesNotContain("rror");
    }

    @Test
    void whatIsThereIsNeitherReplacedNorWrittenThrough() throws IOException {
        Path link = Files.createSymbolicLink(file("link"), file("aim"));
        Command through = demo.nanorouter("capture", "-w", link.toString());
        assertThat(through.status()).isEqualTo(73);
        assertThat(through.err()).contains("is there already, and is not replaced");
        assertThat(file("aim")).doesNotExist();
    }

    @Test
    void aFilterThatIsNoneIsShownWithThePlaceOfTheMistake() {
        Command command = demo.nanorouter("capture", "tcp port 21", "and", "hots", "1.2.3.4");
        assertThat(command.status()).isEqualTo(64);
        assertThat(command.err()).contains("filter: ").contains("  tcp port 21 and hots 1.2.3.4\n")
            .contains("  " + " ".repeat("tcp port 21 ".length()) + "^");
    }

    @Test
    void aPortThatIsNotThereIsNamedWithThoseThatAre() {
        Command command = demo.nanorouter("capture", "-i", "nk7");
        assertThat(command.status()).isEqualTo(69);
        assertThat(command.err()).contains("none of the ports nk7 is there; there are nk0, peers:guest");
    }
}
