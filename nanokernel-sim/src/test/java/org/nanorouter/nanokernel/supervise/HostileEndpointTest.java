// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.random.RandomGenerator;
import java.util.random.RandomGeneratorFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.supervise.MachineFixture.Endpoint;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.UnixSocket;

/** Whatever comes through the attach socket of one OS, the endpoint of another goes on. */
@Timeout(60)
class HostileEndpointTest {
    private static final int BUFFER = 4096;
    private static final int FDS = 2048;
    private static final int COUNT = 2056;
    private static final int NOTHING_YET = -Errno.EAGAIN;
    private static final int CLOSED = 0;

    @TempDir
    private Path directory;
    private MachineFixture machine;
    private Endpoint good;
    private final List<Integer> descriptors = new ArrayList<>();
    private final NativeBuffer memory = NativeBuffer.allocate(BUFFER);
    private final ByteBuffer bytes = memory.buffer();

    @BeforeEach
    void startMachine() throws Exception {
        machine = new MachineFixture(directory, """
                machine.ring_size = "256 KiB"
                [[os]]
                name = "good"
                kind = "external"
                [[os]]
                name = "bad"
                kind = "external"
                """);
        machine.start("good");
        machine.start("bad");
        good = machine.attachReady("good");
    }

    @AfterEach
    void theGoodOneGoesOn() throws Exception {
        assertThat(machine.state("good")).isEqualTo("running");
        machine.restart("bad");
        good.await("peer bad 2");
        try (Endpoint bad = machine.attachReady("bad")) {
            assertThat(bad.told).containsExactly("peer good 1", "synced");
        }
        good.close();
        descriptors.forEach(Fd::close);
        machine.close();
        memory.close();
    }

    private int connect() {
        int fd = UnixSocket.connectSeqPacket(machine.attachSocket("bad").toString());
        assertThat(fd).isNotNegative();
        descriptors.add(fd);
        return fd;
    }

    private int send(int socket, int length, int... fds) {
        for (int i = 0; i < fds.length; i++) {
            bytes.putInt(FDS + 4 * i, fds[i]);
        }
        return UnixSocket.sendWithFds(socket, memory.address(), length, memory.address() + FDS, fds.length);
    }

    private void header(int type, int length) {
        bytes.putInt(AttachDescriptor.MAGIC_OFFSET, AttachDescriptor.MAGIC);
        bytes.putShort(AttachDescriptor.REVISION_OFFSET, (short) 1);
        bytes.putShort(AttachDescriptor.TYPE_OFFSET, (short) type);
        bytes.putInt(AttachDescriptor.LENGTH_OFFSET, length - AttachDescriptor.HEADER_LENGTH);
    }

    private void attachMessage(String name, byte[] token) {
        header(AttachDescriptor.TYPE_ATTACH, AttachDescriptor.ATTACH_LENGTH);
        for (int i = AttachDescriptor.ATTACH_NAME_OFFSET; i < AttachDescriptor.ATTACH_TOKEN_OFFSET; i++) {
            int at = i - AttachDescriptor.ATTACH_NAME_OFFSET;
            bytes.put(i, at < name.length() ? (byte) name.charAt(at) : 0);
        }
        bytes.put(AttachDescriptor.ATTACH_TOKEN_OFFSET, token);
    }

    private byte[] token() throws Exception {
        return Files.readAllBytes(machine.osDirectory("bad").resolve("token"));
    }

    private int receive(int socket) {
        return UnixSocket.receiveWithFds(socket, memory.address(), FDS, memory.address() + FDS, 2,
                memory.address() + COUNT);
    }

    /** Waits for the answer. */
    private int answer(int socket) {
        int[] result = {NOTHING_YET};
        await().atMost(10, TimeUnit.SECONDS).pollInterval(2, TimeUnit.MILLISECONDS).until(() -> {
            result[0] = receive(socket);
            return result[0] != NOTHING_YET;
        });
        return result[0];
    }

    private void assertRefused(int socket, AttachError error) {
        assertThat(answer(socket)).isEqualTo(AttachDescriptor.REFUSED_LENGTH);
        assertThat(bytes.getInt(AttachDescriptor.REFUSED_ERROR_OFFSET)).isEqualTo(error.value());
        assertClosed(socket);
    }

    private void assertClosed(int socket) {
        assertThat(answer(socket)).isIn(CLOSED, -Errno.ECONNRESET);
    }

    @Test
    void whoSendsNothingIsRefusedAfterASecond() {
        assertRefused(connect(), AttachError.BAD_MESSAGE);
    }

    @Test
    void garbageIsRefused() {
        RandomGenerator random = RandomGeneratorFactory.of("L64X128MixRandom").create(42);
        for (int i = 0; i < 100; i++) {
            int socket = connect();
            int length = 1 + random.nextInt(400);
            for (int at = 0; at < length; at++) {
                bytes.put(at, (byte) random.nextInt());
            }
            send(socket, length);
            assertThat(answer(socket)).isIn(AttachDescriptor.REFUSED_LENGTH, CLOSED);
        }
    }

    @Test
    void aWrongTokenAWrongNameAndTheWrongOrderAreRefused() throws Exception {
        int socket = connect();
        attachMessage("bad", new byte[AttachDescriptor.TOKEN_LENGTH]);
        send(socket, AttachDescriptor.ATTACH_LENGTH);
        assertRefused(socket, AttachError.BAD_TOKEN);
        socket = connect();
        attachMessage("good", token());
        send(socket, AttachDescriptor.ATTACH_LENGTH);
        assertRefused(socket, AttachError.UNKNOWN_OS);
        socket = connect();
        header(AttachDescriptor.TYPE_READY, AttachDescriptor.READY_LENGTH);
        send(socket, AttachDescriptor.READY_LENGTH);
        assertRefused(socket, AttachError.BAD_MESSAGE);
    }

    @Test
    void descriptorsThatWereNotAskedForAreRefusedAndClosed() throws Exception {
        long before = openDescriptors();
        for (int i = 0; i < 20; i++) {
            int socket = connect();
            int gift = EventFd.create();
            attachMessage("bad", token());
            send(socket, AttachDescriptor.ATTACH_LENGTH, gift);
            Fd.close(gift);
            assertRefused(socket, AttachError.BAD_MESSAGE);
            descriptors.remove((Object) socket);
            Fd.close(socket);
        }
        assertThat(openDescriptors()).isLessThanOrEqualTo(before);
    }

    @Test
    void aSecondEndpointIsToldThatThereIsOne() throws Exception {
        try (Endpoint first = machine.attachReady("bad")) {
            int socket = connect();
            attachMessage("bad", token());
            send(socket, AttachDescriptor.ATTACH_LENGTH);
            assertRefused(socket, AttachError.BUSY);
            assertThat(first.told).contains("synced");
        }
    }

    @Test
    void aFloodOfConnectionsIsCutAndASingleOneWorksAfterwards() {
        for (int i = 0; i < 200; i++) {
            int socket = UnixSocket.connectSeqPacket(machine.attachSocket("bad").toString());
            if (socket >= 0) {
                descriptors.add(socket);
            }
        }
        assertThat(descriptors).hasSizeGreaterThan(8);
        assertClosed(descriptors.get(descriptors.size() - 1));
        // Those that are waited for go after their second.
        assertRefused(descriptors.get(0), AttachError.BAD_MESSAGE);
    }

    @Test
    void aFloodOfMessagesLeavesTheOthersTheirTurn() throws Exception {
        try (Endpoint bad = machine.attachReady("bad")) {
            int fd = bad.attachment.fd();
            header(AttachDescriptor.TYPE_READY, AttachDescriptor.READY_LENGTH);
            int[] first = {0};
            // On the loop's thread, so that exactly one turn lies between the two.
            CompletableFuture<Integer> second = machine.on(() -> {
                first[0] = fill(fd);
                return machine.later(() -> fill(fd));
            });
            assertThat(first[0]).isGreaterThan(50);
            assertThat(second.get(10, TimeUnit.SECONDS)).isPositive().isLessThan(first[0] / 2);
        }
    }

    /** Sends until the socket takes no more; returns how many messages it took. */
    private int fill(int fd) {
        int sent = 0;
        while (send(fd, AttachDescriptor.READY_LENGTH) > 0) {
            sent++;
        }
        return sent;
    }

    private static long openDescriptors() throws Exception {
        try (var files = Files.list(Path.of("/proc/self/fd"))) {
            return files.count();
        }
    }
}
