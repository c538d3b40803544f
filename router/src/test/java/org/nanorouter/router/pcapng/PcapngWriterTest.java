// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.pcapng;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;

/** The blocks byte by byte, and what other programs read in them. */
class PcapngWriterTest {
    private static final long TIME = 1_795_574_327_900_238_336L;

    @TempDir
    private Path folder;
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();
    private final PcapngWriter writer = new PcapngWriter(out);

    private static ByteBuffer frame(int length) {
        ByteBuffer frame = ByteBuffer.allocate(length);
        for (int i = 0; i < length; i++) {
            frame.put(i, (byte) i);
        }
        return frame;
    }

    private ByteBuffer written() {
        return ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
    }

    @Test
    void anEnhancedPacketIsLaidOutAsTheDraftSays() throws IOException {
        writer.addInterface(PcapngWriter.ETHERNET, "a>b", "");
        out.reset();
        writer.packet(0, TIME, frame(20), 3, 5, "no");
        ByteBuffer block = written();
        assertThat(block.capacity()).isEqualTo(8 + 20 + 8 + 4 + 4 + 4 + 4);
        assertThat(block.getInt(0)).isEqualTo(6);
        assertThat(block.getInt(4)).isEqualTo(block.capacity()).isEqualTo(block.getInt(block.capacity() - 4));
        assertThat(block.getInt(8)).isZero();
        assertThat((long) block.getInt(12) << 32 | block.getInt(16) & 0xFFFF_FFFFL).isEqualTo(TIME);
        assertThat(block.getInt(20)).isEqualTo(5).isEqualTo(block.getInt(24));
        assertThat(block.getLong(28)).as("packet and its padding").isEqualTo(0x07_0605_0403L);
        assertThat(block.getInt(36)).as("comment, 2 bytes").isEqualTo(2 << 16 | 1);
        assertThat(block.getInt(40)).isEqualTo('n' | 'o' << 8);
        assertThat(block.getInt(44)).as("end of options").isZero();
    }

    @Test
    void aFileHoldsWhatAStreamGetsWhateverTheLengthOfAPacket() throws IOException {
        Path path = folder.resolve("blocks.pcapng");
        try (BlockFile file = BlockFile.create(path, BlockFile.newBuffer())) {
            for (PcapngWriter each : List.of(writer, new PcapngWriter(file))) {
                each.addInterface(PcapngWriter.ETHERNET, "a>b", "");
                for (int round = 0; round < 5; round++) {
                    for (int length : new int[] {0, 60, 1023, 1025, 65_535, PcapngWriter.MAX_PACKET}) {
                        each.packet(0, TIME, frame(3 + length), 3, length, length + 1, PcapngWriter.Way.OUT, round,
                            round % 2 == 0 ? null : "c".repeat(length / 8));
                    }
                }
            }
            assertThat(file.length()).isEqualTo(out.size());
        }
        assertThat(Files.readAllBytes(path)).isEqualTo(out.toByteArray());
    }

    @Test
    void everyBlockCanBeSteppedOverAndStepsAddUp() throws IOException {
        writer.section("test", List.of("one", "x".repeat(70_000), "é".repeat(40_000)));
        writer.addInterface(PcapngWriter.ETHERNET, "a>b", "description");
        for (int length = 0; length < 9; length++) {
            writer.packet(0, TIME + length, frame(100), 0, length, length % 2 == 0 ? null : "c".repeat(length));
        }
        writer.packet(0, TIME, frame(PcapngWriter.MAX_PACKET), 0, PcapngWriter.MAX_PACKET, null);
        writer.journal(TIME, Map.of("MESSAGE", "it ended"));
        ByteBuffer all = written();
        int blocks = 0;
        for (int at = 0; at < all.capacity(); at += all.getInt(at + 4)) {
            int length = all.getInt(at + 4);
            assertThat(length % 4).isZero();
            assertThat(all.getInt(at + length - 4)).isEqualTo(length);
            blocks++;
        }
        assertThat(blocks).isEqualTo(1 + 1 + 9 + 1 + 1);
    }

    @Test
    void whatTheFormatCannotHoldIsRefused() throws IOException {
        assertThatThrownBy(() -> writer.packet(0, TIME, frame(1), 0, 1, null)).hasMessageContaining("interfaceId=0");
        writer.addInterface(PcapngWriter.ETHERNET, "a>b", "");
        assertThatThrownBy(() -> writer.packet(0, TIME, frame(1), 0, -1, null))
            .hasMessageContaining("captured=-1");
        assertThatThrownBy(() -> writer.journal(TIME, Map.of("MESSAGE", "two\nlines"))).hasMessageContaining("MESSAGE");
        assertThatThrownBy(() -> writer.journal(TIME, Map.of("A=B", "c"))).hasMessageContaining("A=B");
    }

    @Test
    void libpcapReadsThePacketsAndTheirTimes() throws Exception {
        writer.section("test", List.of());
        writer.addInterface(PcapngWriter.ETHERNET, "a>b", "");
        writer.addInterface(PcapngWriter.ETHERNET, "b>a", "");
        writer.packet(1, TIME, frame(60), 0, 60, "comment");
        writer.journal(TIME, Map.of("MESSAGE", "between"));
        writer.packet(0, TIME + 1_000, frame(64), 0, 64, null);
        String file = Files.write(folder.resolve("f.pcapng"), out.toByteArray()).toString();
        try (PcapHandle handle = open(file)) {
            assertThat(handle.getNextRawPacket()).hasSize(60);
            assertThat(handle.getTimestamp().getTime()).isEqualTo(TIME / 1_000_000);
            assertThat(handle.getTimestamp().getNanos()).isEqualTo((int) (TIME % 1_000_000_000));
            assertThat(handle.getNextRawPacket()).hasSize(64).startsWith(0, 1, 2, 3);
            assertThat(handle.getNextRawPacket()).isNull();
        }
    }

    private static PcapHandle open(String file) throws PcapNativeException {
        try {
            return Pcaps.openOffline(file, PcapHandle.TimestampPrecision.NANO);
        } catch (UnsatisfiedLinkError e) {
            Assumptions.abort("libpcap is not installed: " + e.getMessage());
            throw e;
        }
    }

    @Test
    void wiresharksProgramsShowCommentsNamesAndEvents() throws Exception {
        writer.section("test", List.of("of the whole"));
        writer.addInterface(PcapngWriter.ETHERNET, "guest>host", "from guest");
        writer.packet(0, TIME, frame(60), 0, 60, "sequence 17, delivered");
        writer.journal(TIME, Map.of("MESSAGE", "guest: panic 7"));
        Path file = Files.write(folder.resolve("f.pcapng"), out.toByteArray());
        assertThat(Program.run("capinfos", file.toString()))
                .contains("of the whole", "Name = guest>host", "Time precision = nanoseconds (9)");
        assertThat(Program.run("tshark", "-r", file.toString(), "-T", "fields", "-e", "frame.interface_name",
                "-e", "frame.time_epoch", "-e", "frame.comment", "-e", "_ws.col.Info").lines().toList())
                .satisfiesExactly(
                        packet -> assertThat(packet).startsWith(
                                "guest>host\t1795574327.900238336\tsequence 17, delivered\t"),
                        event -> assertThat(event).endsWith("guest: panic 7"));
    }

    /** Another program's output; the test is skipped where it is not installed. */
    private static final class Program {
        private Program() {
        }

        static String run(String... words) throws IOException, InterruptedException {
            Process process;
            try {
                process = new ProcessBuilder(words).redirectError(ProcessBuilder.Redirect.DISCARD).start();
            } catch (IOException e) {
                Assumptions.abort(words[0] + " is not installed");
                throw e;
            }
            String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.waitFor()).as(output).isZero();
            return output;
        }
    }
}
