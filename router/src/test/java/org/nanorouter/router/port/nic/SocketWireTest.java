// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortState;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.ShimException;

@Timeout(60)
class SocketWireTest {
    private static final long RETRY = SocketWire.RETRY_INTERVAL;

    private final Frames frames = new Frames();
    @TempDir
    private Path folder;

    private NicPort open(String local, String remote) throws IOException {
        return NicPort.onSocket(local, folder.resolve(local), folder.resolve(remote), NicPort.DEFAULT_MTU);
    }

    @Test
    void framesCrossInBothDirectionsOneADatagram() throws IOException {
        try (NicPort a = open("a", "b"); NicPort b = open("b", "a")) {
            frames.begin().add(Frames.plain(60)).add(Frames.plain(1514)).sendTo(a, 0);
            assertThat(frames.batch.deliveries(0)).isEqualTo(1);
            assertThat(frames.receiveFrom(b, 0)).containsExactly(Frames.plain(60), Frames.plain(1514));
            frames.begin().add(Frames.plain(70)).sendTo(b, 0);
            assertThat(frames.receiveFrom(a, 0)).containsExactly(Frames.plain(70));
            assertThat(a.state()).isEqualTo(PortState.UP);
        }
        assertThat(folder).isEmptyDirectory();
    }

    @Test
    void thePortIsDownUntilThePeerComesAndLooksForItAtIntervals() throws IOException {
        try (NicPort a = open("a", "b")) {
            assertThat(a.nextReceiveAt()).isEqualTo(Wire.AT_ONCE);
            assertThat(frames.receiveFrom(a, 1000)).isEmpty();
            assertThat(a.state()).isEqualTo(PortState.DOWN);
            assertThat(a.nextReceiveAt()).isEqualTo(1000 + RETRY);
            frames.begin().add(Frames.plain(60)).sendTo(a, 2000);
            assertThat(frames.batch.drop(0)).isEqualTo(Drop.PORT_DOWN);
            try (NicPort b = open("b", "a")) {
                assertThat(frames.receiveFrom(a, 1000 + RETRY)).isEmpty();
                assertThat(a.state()).isEqualTo(PortState.UP);
                assertThat(a.nextReceiveAt()).isEqualTo(Port.NEVER);
                assertThat(b.name()).isEqualTo("b");
            }
        }
    }

    @Test
    void aPeerThatWasStartedAnewIsReachedAgainAndReachesUs() throws IOException {
        try (NicPort a = open("a", "b")) {
            open("b", "a").close();
            frames.begin().add(Frames.plain(60)).sendTo(a, 0);
            assertThat(frames.batch.drop(0)).isEqualTo(Drop.PORT_DOWN);
            try (NicPort b = open("b", "a")) {
                frames.begin().add(Frames.plain(60)).sendTo(a, RETRY);
                assertThat(frames.receiveFrom(b, 0)).hasSize(1);
            }
            try (NicPort b = open("b", "a")) {
                frames.begin().add(Frames.plain(61)).sendTo(b, RETRY);
                assertThat(frames.receiveFrom(a, RETRY)).containsExactly(Frames.plain(61));
                frames.begin().add(Frames.plain(62)).sendTo(a, 2 * RETRY);
                assertThat(frames.receiveFrom(b, 0)).containsExactly(Frames.plain(62));
            }
        }
    }

    @Test
    void aPeerThatDoesNotReadCostsNamedDropsAndNoWaiting() throws IOException {
        try (NicPort a = open("a", "b"); NicPort b = open("b", "a")) {
            int delivered = 0;
            List<Drop> drops = new ArrayList<>();
            for (int round = 0; round < 100; round++) {
                frames.begin();
                for (int i = 0; i < 50; i++) {
                    frames.add(Frames.plain(1000));
                }
                frames.sendTo(a, 0);
                for (int i = 0; i < 50; i++) {
                    delivered += frames.batch.deliveries(i);
                    if (frames.batch.drop(i) != null) {
                        drops.add(frames.batch.drop(i));
                    }
                }
            }
            assertThat(drops).isNotEmpty().containsOnly(Drop.EGRESS_FULL);
            assertThat(delivered + drops.size()).isEqualTo(5000);
            int received = 0;
            for (long now = a.nextReceiveAt(); now != Port.NEVER; now = a.nextReceiveAt()) {
                received += frames.receiveFrom(b, now).size();
                frames.receiveFrom(a, now);
            }
            assertThat(received + frames.receiveFrom(b, 0).size()).isEqualTo(delivered);
        }
    }

    @Test
    void largeSegmentsCrossAShortQueueWithoutLossWhenTheSenderWaits() throws IOException {
        try (NicPort a = open("a", "b"); NicPort b = open("b", "a")) {
            int segments = 0;
            for (int round = 0; round < 50; round++) {
                frames.begin().addLarge(new byte[60_000], 1448).sendTo(a, round);
                assertThat(frames.batch.deliveries(0)).isEqualTo(1);
                while (a.nextReceiveAt() != Port.NEVER) {
                    segments += frames.receiveFrom(b, 0).size();
                    frames.receiveFrom(a, a.nextReceiveAt());
                }
            }
            assertThat(segments + frames.receiveFrom(b, 0).size()).isEqualTo(50 * 42);
        }
    }

    @Test
    void whatWaitedForAPeerThatWentAwayIsShownAsLost() throws IOException {
        try (NicPort a = open("a", "b")) {
            try (NicPort b = open("b", "a")) {
                frames.begin().addLarge(new byte[6000], 10).sendTo(a, 0);
                assertThat(frames.batch.deliveries(0)).isZero();
                frames.begin().addLarge(new byte[4000], 10).sendTo(a, 0);
                assertThat(b.state()).isEqualTo(PortState.DOWN);
            }
            int waiting = (int) a.details().get("waiting_segments");
            frames.receiveFrom(a, 2 * RETRY);
            assertThat(a.state()).isEqualTo(PortState.DOWN);
            assertThat(a.details()).containsEntry("lost_segments", (long) waiting).containsEntry("waiting_segments", 0);
        }
    }

    @Test
    void aDatagramBeyondTheMtuIsCountedAndTheNextOneComesIn() throws IOException {
        Path local = folder.resolve("a");
        Path remote = folder.resolve("b");
        try (NicPort a = NicPort.onSocket("a", local, remote, 1000);
                NicPort b = NicPort.onSocket("b", remote, local, 9000)) {
            frames.begin().add(Frames.plain(5000)).add(Frames.plain(60)).sendTo(b, 0);
            assertThat(frames.receiveFrom(a, 0)).containsExactly(Frames.plain(60));
            assertThat(a.counters().get(Drop.OVERSIZE)).isEqualTo(1);
        }
    }

    @Test
    void aSecondPortOnThePathIsRefusedAndASocketLeftBehindIsNot() throws IOException {
        try (NicPort a = open("a", "b")) {
            assertThatThrownBy(() -> open("a", "b")).isInstanceOfSatisfying(ShimException.class,
                    e -> assertThat(e.errno()).isEqualTo(Errno.EADDRINUSE));
            assertThat(a.state()).isEqualTo(PortState.DOWN);
            assertThat(Files.exists(folder.resolve("a"))).isTrue();
        }
    }
}
