// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.channel.ChannelCounter;
import org.nanorouter.nanokernel.channel.ChannelState;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.shim.Doorbell;

class AttachmentTest {

    @TempDir
    Path directory;

    private TestNanokernel nanokernel;
    private long descriptorsBefore;

    /** An attached OS and what it was told. */
    private static final class Endpoint implements AttachListener, AutoCloseable {

        private final Attachment attachment;
        private final List<String> told = new ArrayList<>();
        private Channel channel;

        Endpoint(Attachment attachment) {
            this.attachment = attachment;
        }

        void await(BooleanSupplier condition) {
            Awaitility.await().until(() -> {
                attachment.dispatch(this);
                return condition.getAsBoolean();
            });
        }

        Endpoint untilSynced() {
            await(() -> told.contains("synced"));
            return this;
        }

        boolean send(int length) {
            final RingProducer producer = channel.producer();
            if (producer.claim(length) == RingProducer.FULL) {
                return false;
            }
            producer.publish(RecordDescriptor.TYPE_MESSAGE, length, 1);
            return true;
        }

        @Override
        public void peer(Channel opened) {
            channel = opened;
            told.add("peer " + opened.peerName() + " " + opened.peerEpoch());
        }

        @Override
        public void peerGone(Channel closed) {
            told.add("gone " + closed.peerName() + " " + closed.peerEpoch());
        }

        @Override
        public void synced() {
            told.add("synced");
        }

        @Override
        public void peerRefused(int peerId, int peerEpoch, String reason) {
            told.add("refused " + peerId + ": " + reason);
        }

        @Override
        public void lost(String reason) {
            told.add("lost");
        }

        @Override
        public void close() {
            attachment.close();
        }
    }

    @BeforeEach
    void startNanokernel() throws IOException {
        // The JDK's first use of a file channel keeps a socket open for good.
        Files.write(directory.resolve("first"), new byte[1]);
        descriptorsBefore = openDescriptors();
        nanokernel = new TestNanokernel(directory, 3, AbiDescriptor.MIN_RING_CAPACITY);
        nanokernel.start(0);
    }

    @AfterEach
    void everyDescriptorIsClosed() throws IOException {
        nanokernel.close();
        assertThat(openDescriptors()).as("open descriptors").isEqualTo(descriptorsBefore);
    }

    private static long openDescriptors() throws IOException {
        try (Stream<Path> entries = Files.list(Path.of("/proc/self/fd"))) {
            return entries.filter(entry -> {
                try {
                    final String target = Files.readSymbolicLink(entry).toString();
                    return target.contains("memfd") || target.contains("eventfd") || target.contains("socket");
                } catch (IOException e) {
                    return false;
                }
            }).count();
        }
    }

    private Endpoint attach(int id) throws IOException {
        return new Endpoint(nanokernel.attach(id)).untilSynced();
    }

    @Test
    void endpointLearnsItsPlaceAndIsSeenToLive() throws IOException {
        try (Endpoint os0 = attach(0)) {
            assertThat(os0.told).containsExactly("synced");
            assertThat(os0.attachment.epoch()).isOne();
            assertThat(os0.attachment.mac()).containsExactly(2, 0, 0, 0, 0, 0);
            assertThat(os0.attachment.heartbeatPeriodMs()).isEqualTo(100);
            assertThat(nanokernel.state(0)).isEqualTo(OsState.BOOTING);
            os0.attachment.ready();
            await().until(() -> nanokernel.state(0) == OsState.RUNNING);
            os0.attachment.beat(4711);
            assertThat(nanokernel.heartbeat(0)).isEqualTo(4711);
            os0.attachment.panic(1, "stack smashed " + "é".repeat(300), 5);
            assertThat(nanokernel.panicText(0)).startsWith("stack smashed éé").endsWith("é");
        }
    }

    @Test
    void managementRegionLiesAtTheCommonAddress() throws IOException {
        try (Endpoint os0 = attach(0)) {
            assertThat(os0.attachment.management().address()).isEqualTo(ManagementDescriptor.ADDRESS);
            nanokernel.start(1);
            try (Endpoint os1 = attach(1)) {
                assertThat(os1.attachment.management().address()).as("taken in this process")
                    .isNotEqualTo(ManagementDescriptor.ADDRESS);
            }
        }
    }

    @Test
    void peersTalkOnceBothAreAttached() throws IOException {
        nanokernel.start(1);
        try (Endpoint os0 = attach(0); Endpoint os1 = attach(1)) {
            assertThat(os0.told).containsExactly("peer os1 1", "synced");
            assertThat(os0.send(100)).isTrue();
            os0.channel.ringIfAsked();
            assertThat(Doorbell.clear(os1.channel.doorbellIn())).isOne();
            assertThat(os1.channel.consumer().poll()).isNotNegative();
            assertThat(os1.channel.consumer().length()).isEqualTo(100);
        }
    }

    @Test
    void recordsSentBeforeThePeerAttachesAreNotLost() throws IOException {
        nanokernel.start(1);
        try (Endpoint os0 = attach(0)) {
            assertThat(os0.send(100)).isTrue();
            try (Endpoint os1 = attach(1)) {
                assertThat(os1.channel.consumer().poll()).isNotNegative();
            }
        }
    }

    @Test
    void peerThatRestartsIsAnotherChannelAndGetsNothingOfTheOldOne() throws IOException {
        nanokernel.start(1);
        try (Endpoint os0 = attach(0)) {
            final Channel old = os0.channel;
            try (Endpoint os1 = attach(1)) {
                assertThat(os0.send(100)).isTrue();
                assertThat(os1.send(200)).isTrue();
                assertThat(os1.send(200)).isTrue();
            }
            nanokernel.stop(1);
            nanokernel.start(1);
            os0.await(() -> os0.told.contains("peer os1 2"));
            assertThat(os0.told).containsExactly("peer os1 1", "synced", "gone os1 1", "peer os1 2");
            assertThat(old.state()).isEqualTo(ChannelState.CLOSED);
            assertThat(old.count(ChannelCounter.ABANDONED_SENT)).isOne();
            assertThat(old.count(ChannelCounter.ABANDONED_RECEIVED)).isEqualTo(2);
            assertThat(old.producer().claim(10)).as("no memory is touched").isEqualTo(RingProducer.FULL);
            assertThat(old.consumer().poll()).isEqualTo(RingConsumer.NONE);
            try (Endpoint reborn = attach(1)) {
                assertThat(reborn.channel.consumer().poll()).isEqualTo(RingConsumer.NONE);
                assertThat(os0.send(300)).isTrue();
                assertThat(reborn.channel.consumer().poll()).isNotNegative();
                assertThat(reborn.channel.consumer().sequence()).isZero();
                assertThat(reborn.channel.consumer().length()).isEqualTo(300);
            }
        }
    }

    @Test
    void quarantineLastsUntilThePeersNextEpochAndStaysCounted() throws IOException {
        nanokernel.start(1);
        try (Endpoint os0 = attach(0); Endpoint liar = attach(1)) {
            liar.channel.producer().buffer().putLong(
                OsRegionDescriptor.cursorsOffset(0) + CursorDescriptor.TAIL_OFFSET, 3);
            assertThat(os0.channel.consumer().poll()).isEqualTo(RingConsumer.BROKEN);
            assertThat(os0.channel.state()).isEqualTo(ChannelState.QUARANTINED);
            assertThat(os0.attachment.quarantines(QuarantineReason.TAIL_MISALIGNED)).isOne();
            nanokernel.stop(1);
            nanokernel.start(1);
            os0.await(() -> os0.told.contains("peer os1 2"));
            assertThat(os0.channel.state()).isEqualTo(ChannelState.OPEN);
            assertThat(os0.attachment.quarantines(QuarantineReason.TAIL_MISALIGNED)).isOne();
        }
    }

    @Test
    void peerWhoseRegionHasAnotherHeaderGetsNoChannel() throws IOException {
        nanokernel.start(1);
        try (Endpoint liar = attach(1)) {
            liar.channel.producer().buffer().putInt(OsRegionDescriptor.REVISION_OFFSET, 2);
            try (Endpoint os0 = attach(0)) {
                assertThat(os0.told)
                    .containsExactly("refused 1: region of OS 1: revision=0x2, expected 0x1", "synced");
            }
        }
    }

    @Test
    void channelsSurviveTheNanokernelsSocketAndQuarantineDoes() throws IOException {
        nanokernel.start(1);
        nanokernel.start(2);
        try (Endpoint os0 = attach(0)) {
            final Channel kept = os0.attachment.channels().get(0);
            kept.quarantine(QuarantineReason.REFUSED_BY_OWNER);
            nanokernel.dropConnections();
            os0.await(() -> os0.told.contains("lost"));
            assertThat(os0.attachment.fd()).isNegative();
            nanokernel.stop(2);
            os0.told.clear();
            os0.attachment.reattach(os0);
            os0.untilSynced();
            assertThat(os0.told).as("the channel that stays is not told again")
                .containsExactly("gone os2 1", "synced");
            assertThat(os0.attachment.channels()).containsExactly(kept);
            assertThat(kept.state()).isEqualTo(ChannelState.QUARANTINED);
        }
    }

    @Test
    void reattachInANewEpochStartsAnew() throws IOException {
        nanokernel.start(1);
        try (Endpoint os0 = attach(0)) {
            nanokernel.stop(0);
            os0.await(() -> os0.told.contains("lost"));
            assertThatThrownBy(() -> os0.attachment.reattach(os0))
                .isInstanceOfSatisfying(AttachRefusedException.class,
                    e -> assertThat(e.error()).isEqualTo(AttachError.NOT_RUNNING));
            nanokernel.start(0);
            os0.told.clear();
            os0.attachment.reattach(os0);
            os0.untilSynced();
            assertThat(os0.told).containsExactly("gone os1 1", "peer os1 1", "synced");
            assertThat(os0.attachment.epoch()).isEqualTo(2);
            assertThat(os0.send(10)).isTrue();
        }
    }

    @Test
    void secondEndpointIsRefusedAndASuccessorOfADeadOneIsNot() throws IOException {
        try (Endpoint first = attach(0)) {
            assertThatThrownBy(() -> nanokernel.attach(0))
                .isInstanceOfSatisfying(AttachRefusedException.class,
                    e -> assertThat(e.error()).isEqualTo(AttachError.BUSY));
            first.attachment.ready();
        }
        for (int i = 0; i < 20; i++) {
            attach(0).close();
        }
    }

    @Test
    void wrongTokenNameAndEpochAreRefused() throws IOException {
        Files.write(directory.resolve("wrong"), new byte[AttachDescriptor.TOKEN_LENGTH]);
        assertRefused(AttachError.BAD_TOKEN, "os0", directory.resolve("wrong"), 0);
        assertRefused(AttachError.UNKNOWN_OS, "os1", nanokernel.tokenFile(0), 0);
        assertRefused(AttachError.NOT_RUNNING, "os2", nanokernel.tokenFile(0), 2);
        Files.write(directory.resolve("short"), new byte[3]);
        assertThatThrownBy(() -> Attachment.connect(nanokernel.socket(0), "os0", directory.resolve("short")))
            .isInstanceOf(IOException.class).hasMessageContaining("has 3 bytes, expected 32");
    }

    private void assertRefused(AttachError error, String name, Path token, int socket) {
        assertThatThrownBy(() -> Attachment.connect(nanokernel.socket(socket), name, token))
            .isInstanceOfSatisfying(AttachRefusedException.class, e -> assertThat(e.error()).isEqualTo(error));
    }
}
