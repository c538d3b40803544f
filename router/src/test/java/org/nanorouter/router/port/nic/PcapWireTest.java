// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortState;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.Pcaps;

class PcapWireTest {
    private static final long WALL = 1_700_000_000L * 1_000_000_000L;
    private static final long MILLI = 1_000_000;

    private final Frames frames = new Frames();
    @TempDir
    private Path folder;

    /** A file with three frames at 0, 5 and 12 ms, as {@link PcapRecorder} writes it. */
    private Path capture(boolean nanoseconds) throws IOException {
        Path file = folder.resolve("in.pcap");
        try (NicPort port = record(file, nanoseconds)) {
            frames.begin().add(Frames.plain(60)).sendTo(port, 123);
            frames.begin().add(Frames.plain(61)).sendTo(port, 5 * MILLI + 123);
            frames.begin().add(Frames.plain(62)).sendTo(port, 12 * MILLI + 123);
        }
        return file;
    }

    private static NicPort record(Path file, boolean nanoseconds) throws IOException {
        return NicPort.onPcap("rec", new PcapOptions(null, file, Pace.FAST, nanoseconds), WALL, NicPort.DEFAULT_MTU);
    }

    private static NicPort replay(Path file, Pace pace) throws IOException {
        return NicPort.onPcap("play", new PcapOptions(file, null, pace, true), WALL, NicPort.DEFAULT_MTU);
    }

    @Test
    void anotherLibraryReadsWhatWasRecordedWithBothPrecisions() throws Exception {
        for (boolean nanoseconds : new boolean[] {true, false}) {
            Path file = capture(nanoseconds);
            try (PcapHandle handle = Pcaps.openOffline(file.toString(), PcapHandle.TimestampPrecision.NANO)) {
                assertThat(handle.getNextRawPacketEx()).isEqualTo(Frames.plain(60));
                assertThat(handle.getTimestamp().getTime()).isEqualTo(WALL / MILLI);
                assertThat(handle.getTimestamp().getNanos()).isEqualTo(nanoseconds ? 123 : 0);
                assertThat(handle.getNextRawPacketEx()).isEqualTo(Frames.plain(61));
                assertThat(handle.getTimestamp().getTime()).isEqualTo(WALL / MILLI + 5);
                assertThat(handle.getNextRawPacketEx()).isEqualTo(Frames.plain(62));
                assertThat(handle.getNextRawPacket()).isNull();
            }
        }
    }

    @Test
    void replayKeepsTheGapsOfTheFile() throws IOException {
        try (NicPort port = replay(capture(true), Pace.TIMESTAMPS)) {
            long start = 1_000_000_000L;
            assertThat(port.nextReceiveAt()).isEqualTo(Wire.AT_ONCE);
            assertThat(frames.receiveFrom(port, start)).containsExactly(Frames.plain(60));
            assertThat(port.nextReceiveAt()).isEqualTo(start + 5 * MILLI);
            assertThat(frames.receiveFrom(port, start + 5 * MILLI - 1)).isEmpty();
            assertThat(frames.receiveFrom(port, start + 5 * MILLI)).containsExactly(Frames.plain(61));
            assertThat(port.state()).isEqualTo(PortState.UP);
            assertThat(frames.receiveFrom(port, start + 99 * MILLI)).containsExactly(Frames.plain(62));
            assertThat(port.state()).isEqualTo(PortState.ENDED);
            assertThat(port.nextReceiveAt()).isEqualTo(Port.NEVER);
        }
    }

    @Test
    void fastReplayGivesEverythingAtOnce() throws IOException {
        try (NicPort port = replay(capture(false), Pace.FAST)) {
            assertThat(frames.receiveFrom(port, 0))
                    .containsExactly(Frames.plain(60), Frames.plain(61), Frames.plain(62));
            assertThat(port.details()).containsEntry("replayed_frames", 3L).containsEntry("wire", "pcap");
        }
    }

    @Test
    void aBigEndianFileIsReplayed() throws IOException {
        Path file = folder.resolve("big.pcap");
        ByteBuffer bytes = ByteBuffer.allocate(24 + 16 + 60).order(ByteOrder.BIG_ENDIAN);
        bytes.putInt(PcapFileDescriptor.MICROSECOND_MAGIC).putShort((short) 2).putShort((short) 4).putLong(0)
                .putInt(65535).putInt(1).putInt(1).putInt(2).putInt(60).putInt(60).put(Frames.plain(60));
        Files.write(file, bytes.array());
        try (NicPort port = replay(file, Pace.FAST)) {
            assertThat(frames.receiveFrom(port, 0)).containsExactly(Frames.plain(60));
        }
    }

    @Test
    void aFileCutShortEndsTheReplayAfterItsWholeFrames() throws IOException {
        Path file = capture(true);
        byte[] bytes = Files.readAllBytes(file);
        Files.write(file, java.util.Arrays.copyOf(bytes, bytes.length - 5));
        try (NicPort port = replay(file, Pace.FAST)) {
            assertThat(frames.receiveFrom(port, 0)).containsExactly(Frames.plain(60), Frames.plain(61));
            assertThat(port.state()).isEqualTo(PortState.ENDED);
        }
    }

    @Test
    void whatIsNoEthernetCaptureIsRefusedWithItsPath() throws IOException {
        Path text = Files.writeString(folder.resolve("text"), "this is no capture file at all, is it?");
        assertThatThrownBy(() -> replay(text, Pace.FAST)).isInstanceOf(IOException.class)
                .hasMessageContaining(text.toString());
        Path file = capture(true);
        byte[] bytes = Files.readAllBytes(file);
        bytes[PcapFileDescriptor.LINK_OFFSET] = 113;
        Files.write(file, bytes);
        assertThatThrownBy(() -> replay(file, Pace.FAST)).hasMessageContaining("cooked");
        assertThatThrownBy(() -> replay(folder.resolve("missing"), Pace.FAST)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> record(folder.resolve("no/such/folder"), true)).isInstanceOf(IOException.class)
                .hasMessageContaining("no/such/folder");
    }

    @Test
    void oneFileForBothWaysOrNoneIsRefused() {
        Path file = folder.resolve("x");
        assertThatThrownBy(() -> new PcapOptions(file, file, Pace.FAST, true)).hasMessageContaining(file.toString());
        assertThatThrownBy(() -> new PcapOptions(null, null, Pace.FAST, true))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFullDiskIsRefusedAtTheStart() {
        assertThatThrownBy(() -> record(Path.of("/dev/full"), true)).isInstanceOf(IOException.class)
                .hasMessageContaining("/dev/full");
    }

    @Test
    void aLargeSegmentIsRecordedInPieces() throws IOException {
        Path file = folder.resolve("out.pcap");
        try (NicPort port = record(file, true)) {
            frames.begin().addLarge(new byte[3000], 1460).sendTo(port, 0);
            assertThat(frames.batch.deliveries(0)).isEqualTo(1);
            assertThat(port.details()).containsEntry("recorded_frames", 3L);
        }
    }

    @Test
    void whatGoesOutVanishesWithoutARecording() throws IOException {
        try (NicPort port = replay(capture(true), Pace.FAST)) {
            frames.begin().add(Frames.plain(60)).sendTo(port, 0);
            assertThat(frames.batch.deliveries(0)).isEqualTo(1);
        }
    }

    @Test
    void framesOfTheFileBeyondTheMtuAreCounted() throws IOException {
        Path file = folder.resolve("wide.pcap");
        try (NicPort port = NicPort.onPcap("rec", new PcapOptions(null, file, Pace.FAST, true), WALL, 9000)) {
            frames.begin().add(Frames.plain(5000)).add(Frames.plain(60)).sendTo(port, 0);
        }
        try (NicPort port = replay(file, Pace.FAST)) {
            List<byte[]> got = frames.receiveFrom(port, 0);
            assertThat(got).containsExactly(Frames.plain(60));
            assertThat(port.counters().get(Drop.OVERSIZE)).isEqualTo(1);
        }
    }
}
