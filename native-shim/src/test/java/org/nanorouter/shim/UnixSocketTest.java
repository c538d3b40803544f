// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.File;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Sockets that carry descriptors, sockets that carry frames. */
class UnixSocketTest {
    private static final int FDS_OFFSET = 1024;
    private static final int COUNT_OFFSET = 2048;
    private static final int CAPACITY = 64;

    @TempDir
    Path directory;

    private NativeBuffer memory;
    private ByteBuffer bytes;
    private int left;
    private int right;

    @BeforeEach
    void connect() throws ShimException {
        memory = NativeBuffer.allocate(8192);
        bytes = memory.buffer();
        Errno.check(UnixSocket.seqPacketPair(memory.address()), "socket pair");
        left = bytes.getInt(0);
        right = bytes.getInt(4);
    }

    @AfterEach
    void close() {
        Fd.close(left);
        Fd.close(right);
        memory.close();
    }

    private int send(int length, int... fds) {
        for (int i = 0; i < fds.length; i++) {
            bytes.putInt(FDS_OFFSET + 4 * i, fds[i]);
        }
        return UnixSocket.sendWithFds(left, memory.address(), length, memory.address() + FDS_OFFSET, fds.length);
    }

    private int receive(int maxFds) {
        bytes.putInt(COUNT_OFFSET, -1);
        return UnixSocket.receiveWithFds(right, memory.address(), CAPACITY, memory.address() + FDS_OFFSET, maxFds,
            memory.address() + COUNT_OFFSET);
    }

    @Test
    void severalDescriptorsArriveInOrder() {
        int[] doorbells = {EventFd.create(), EventFd.create(), EventFd.create()};
        for (int i = 0; i < doorbells.length; i++) {
            for (int ring = 0; ring <= i; ring++) {
                EventFd.ring(doorbells[i]);
            }
        }
        bytes.put(0, "three".getBytes(StandardCharsets.US_ASCII));
        assertThat(send(5, doorbells)).isEqualTo(5);
        assertThat(receive(3)).isEqualTo(5);
        assertThat(bytes.getInt(COUNT_OFFSET)).isEqualTo(3);
        for (int i = 0; i < doorbells.length; i++) {
            int received = bytes.getInt(FDS_OFFSET + 4 * i);
            assertThat(EventFd.drain(received)).isEqualTo(i + 1);
            Fd.close(received);
            Fd.close(doorbells[i]);
        }
    }

    @Test
    void surplusDescriptorsAreClosed() {
        int doorbell = EventFd.create();
        int before = openDescriptors();
        assertThat(send(1, doorbell, doorbell, doorbell, doorbell)).isEqualTo(1);
        assertThat(receive(3)).isEqualTo(-Errno.EBADMSG);
        assertThat(bytes.getInt(COUNT_OFFSET)).isZero();
        assertThat(send(CAPACITY + 1, doorbell)).isEqualTo(CAPACITY + 1);
        assertThat(receive(3)).as("a message too long").isEqualTo(-Errno.EMSGSIZE);
        assertThat(openDescriptors()).isEqualTo(before);
        assertThat(receive(3)).as("both messages are gone").isEqualTo(-Errno.EAGAIN);
        Fd.close(doorbell);
    }

    @Test
    void endOfPeerIsSeen() {
        Fd.close(left);
        assertThat(receive(1)).isZero();
        assertThat(UnixSocket.sendWithFds(right, memory.address(), 1, 0, 0)).isEqualTo(-Errno.EPIPE);
    }

    @Test
    void listenerIsItsUsersAndItsPathIsTakenWhileItLives() throws Exception {
        String path = directory.resolve("listen").toString();
        int listener = Errno.check(UnixSocket.listenSeqPacket(path, 0600), "listen");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(Path.of(path)))).isEqualTo("rw-------");
        assertThat(UnixSocket.accept(listener)).isEqualTo(-Errno.EAGAIN);
        int client = Errno.check(UnixSocket.connectSeqPacket(path), "connect");
        int server = Errno.check(UnixSocket.accept(listener), "accept");
        assertThat(UnixSocket.listenSeqPacket(path, 0600)).as("while it lives").isEqualTo(-Errno.EADDRINUSE);
        Fd.close(server);
        Fd.close(client);
        Fd.close(listener);
        assertThat(UnixSocket.connectSeqPacket(path)).isEqualTo(-Errno.ECONNREFUSED);
        listener = Errno.check(UnixSocket.listenSeqPacket(path, 0600), "listen where the last one left its file");
        Fd.close(listener);
        assertThat(UnixSocket.listenSeqPacket("x".repeat(108), 0600)).isEqualTo(-Errno.ENAMETOOLONG);
    }

    @Test
    void frameIsOneDatagram() throws ShimException {
        String there = directory.resolve("there").toString();
        int here = Errno.check(UnixSocket.datagramBind(directory.resolve("here").toString(), 0600), "bind");
        assertThat(UnixSocket.datagramConnect(here, there)).isEqualTo(-Errno.ENOENT);
        int peer = Errno.check(UnixSocket.datagramBind(there, 0600), "bind");
        Errno.check(UnixSocket.datagramConnect(here, there), "connect");
        slot(0, 4096, 60);
        slot(1, 4200, 1);
        assertThat(UnixSocket.sendBatch(here, memory.address(), 2)).isEqualTo(2);
        slot(0, 5000, 60);
        slot(1, 5100, 60);
        slot(2, 5200, 60);
        assertThat(UnixSocket.receiveBatch(peer, memory.address(), 3)).isEqualTo(2);
        assertThat(result(0)).isEqualTo(60);
        assertThat(result(1)).isEqualTo(1);
        assertThat(UnixSocket.receiveBatch(peer, memory.address(), 3)).isEqualTo(-Errno.EAGAIN);
        Fd.close(peer);
        assertThat(UnixSocket.sendBatch(here, memory.address(), 2)).isZero();
        assertThat(result(0)).isEqualTo(-Errno.ECONNREFUSED);
        Fd.close(here);
    }

    private void slot(int index, int offset, int length) {
        int slot = SlotDescriptor.slotOffset(index);
        bytes.putLong(slot + SlotDescriptor.ADDRESS_OFFSET, memory.address() + offset);
        bytes.putInt(slot + SlotDescriptor.LENGTH_OFFSET, length);
    }

    private int result(int index) {
        return bytes.getInt(SlotDescriptor.slotOffset(index) + SlotDescriptor.RESULT_OFFSET);
    }

    private static int openDescriptors() {
        return new File("/proc/self/fd").list().length;
    }
}
