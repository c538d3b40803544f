// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsEntryDescriptor;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.ShimException;

class MemoryTest {

    private static final int CAPACITY = AbiDescriptor.MIN_RING_CAPACITY;
    private static final int LENGTH = OsRegionDescriptor.regionLength(2, CAPACITY);

    @Test
    void peersCannotMapARegionWritable() throws IOException {
        try (OsRegionObject region = OsRegionObject.create("guest", 3, 5, LENGTH)) {
            assertThatThrownBy(() -> OsRegion.mapOwn(region.readOnlyFd(), LENGTH, 3, 5))
                .isInstanceOfSatisfying(ShimException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
            try (OsRegion peer = OsRegion.mapPeer(region.readOnlyFd(), LENGTH, 3, 5)) {
                assertThat(peer.buffer().isReadOnly()).isTrue();
            }
        }
    }

    @Test
    void whatTheOwnerWritesThePeersSee() throws IOException {
        try (OsRegionObject region = OsRegionObject.create("guest", 3, 5, LENGTH);
            OsRegion own = OsRegion.mapOwn(region.writableFd(), LENGTH, 3, 5);
            OsRegion peer = OsRegion.mapPeer(region.readOnlyFd(), LENGTH, 3, 5)) {
            own.beat(77);
            assertThat(peer.heartbeat()).isEqualTo(77);
            assertThat(peer.panicked()).isFalse();
            own.panic(9, "x".repeat(500), 78);
            assertThat(region.view().panicked()).isTrue();
            assertThat(peer.panicCode()).isEqualTo(9);
            assertThat(peer.panicAt()).isEqualTo(78);
            assertThat(peer.panicText()).isEqualTo("x".repeat(OsRegionDescriptor.PANIC_TEXT_LENGTH - 1));
        }
    }

    @Test
    void regionOfAnotherOsEpochOrLengthIsRefused() throws IOException {
        try (OsRegionObject region = OsRegionObject.create("guest", 3, 5, LENGTH)) {
            assertThatThrownBy(() -> OsRegion.mapPeer(region.readOnlyFd(), LENGTH, 4, 5))
                .isInstanceOf(BadRegionException.class).hasMessageContaining("os_id=0x3, expected 0x4");
            assertThatThrownBy(() -> OsRegion.mapPeer(region.readOnlyFd(), LENGTH, 3, 6))
                .isInstanceOf(BadRegionException.class).hasMessageContaining("epoch=0x5, expected 0x6");
            assertThatThrownBy(() -> OsRegion.mapPeer(region.readOnlyFd(), LENGTH - 4096, 3, 5))
                .isInstanceOfSatisfying(ShimException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EMSGSIZE));
            assertThatThrownBy(() -> OsRegion.mapPeer(region.readOnlyFd(), 100, 3, 5))
                .isInstanceOf(BadRegionException.class).hasMessageContaining("length=100");
            assertThatThrownBy(() -> OsRegion.mapPeer(region.readOnlyFd(), LENGTH, 32, 5))
                .isInstanceOf(BadRegionException.class).hasMessageContaining("os_id=32");
        }
    }

    @Test
    void descriptorThatIsNoSealedMemoryIsRefused() {
        final int eventFd = EventFd.create();
        assertThatThrownBy(() -> OsRegion.mapPeer(eventFd, LENGTH, 3, 5)).isInstanceOf(ShimException.class);
        assertThatThrownBy(() -> ManagementRegion.map(eventFd, ManagementDescriptor.LENGTH))
            .isInstanceOf(ShimException.class);
        Fd.close(eventFd);
    }

    @Test
    void regionLengthFollowsFromPeersAndCapacity() {
        assertThat(OsRegionDescriptor.regionLength(0, CAPACITY)).isEqualTo(OsRegionDescriptor.RINGS_OFFSET);
        assertThat(OsRegionDescriptor.regionLength(15, 8 << 20))
            .isEqualTo(OsRegionDescriptor.ringDataOffset(15, 8 << 20));
        assertThatThrownBy(() -> OsRegionDescriptor.regionLength(31, 64 << 20))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("a region has at most 1073741824");
        assertThatThrownBy(() -> OsRegionDescriptor.regionLength(32, CAPACITY))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("peers=32");
        assertThatThrownBy(() -> OsRegionDescriptor.regionLength(1, CAPACITY + 8))
            .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("ringCapacity=262152");
    }

    @Test
    void osTableAndDirectoryReadAsWritten() throws IOException {
        final byte[] bootId = random(ManagementDescriptor.BOOT_ID_LENGTH);
        final byte[] incarnation = random(OsEntryDescriptor.INCARNATION_LENGTH);
        try (ManagementWriter writer = ManagementWriter.create(bootId);
            ManagementRegion region = ManagementRegion.map(writer.readOnlyFd(), ManagementDescriptor.LENGTH)) {
            writer.defineOs(31, "guest-1", OsKind.QEMU, new byte[] {2, 1, 2, 3, 4, 5}, 100, 1000);
            final long before = region.changeCount();
            assertThat(writer.beginEpoch(31, LENGTH, 50, incarnation)).isOne();
            writer.openRing(31, 0, new RingPlace(OsRegionDescriptor.RINGS_OFFSET, CAPACITY));
            writer.failure(31, Failure.SIGNAL, 60);
            writer.restartCount(31, 4);
            writer.beat(70);

            assertThat(region.bootId()).isEqualTo(bootId);
            assertThat(region.heartbeat()).isEqualTo(70);
            assertThat(region.changeCount()).isGreaterThan(before);
            assertThat(region.name(31)).isEqualTo("guest-1");
            assertThat(region.name(30)).isEmpty();
            assertThat(region.kind(31)).isEqualTo(OsKind.QEMU);
            assertThat(region.state(31)).isEqualTo(OsState.BOOTING);
            assertThat(region.epoch(31)).isOne();
            assertThat(region.regionLength(31)).isEqualTo(LENGTH);
            assertThat(region.startedAt(31)).isEqualTo(50);
            assertThat(region.heartbeatPeriodMs(31)).isEqualTo(100);
            assertThat(region.heartbeatDeadlineMs(31)).isEqualTo(1000);
            assertThat(region.restartCount(31)).isEqualTo(4);
            assertThat(region.lastFailure(31)).isEqualTo(Failure.SIGNAL);
            assertThat(region.lastFailureAt(31)).isEqualTo(60);
            assertThat(region.mac(31)).containsExactly(2, 1, 2, 3, 4, 5);
            assertThat(region.incarnation(31)).isEqualTo(incarnation);
            assertThat(region.ring(31, 0)).isEqualTo(new RingPlace(OsRegionDescriptor.RINGS_OFFSET, CAPACITY));
            assertThat(region.ring(0, 31)).isNull();
            writer.closeRing(31, 0);
            assertThat(region.ring(31, 0)).isNull();
        }
    }

    @Test
    void forbiddenStateChangeIsRefused() throws IOException {
        try (ManagementWriter writer = ManagementWriter.create(random(ManagementDescriptor.BOOT_ID_LENGTH))) {
            writer.defineOs(0, "host", OsKind.NAMESPACE, new byte[6], 100, 1000);
            assertThatThrownBy(() -> writer.state(0, OsState.RUNNING)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("state=DEFINED may not become RUNNING");
            assertThatThrownBy(() -> writer.defineOs(0, "Host", OsKind.NAMESPACE, new byte[6], 100, 1000))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("name=Host");
        }
    }

    @Test
    void doorbellLivesUntilEitherSideIsForgotten() throws IOException {
        try (Doorbells doorbells = new Doorbells()) {
            final int bell = doorbells.ringer(1, 2);
            assertThat(doorbells.ringer(1, 2)).isEqualTo(bell);
            assertThat(doorbells.ringer(2, 1)).isNotEqualTo(bell);
            assertThat(doorbells.waiter(1, 2)).isNotEqualTo(bell);
            assertThat(EventFd.ring(bell)).isZero();
            doorbells.forget(2);
            assertThat(EventFd.ring(bell)).isEqualTo(-Errno.EBADF);
        }
    }

    private static byte[] random(int length) {
        final byte[] bytes = new byte[length];
        new Random().nextBytes(bytes);
        return bytes;
    }
}
