// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.SplittableRandom;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.UnixSocket;

/** What an OS can send to the nanokernel that it should not. */
class AttachSessionTest {

    private static final int FDS = 512;
    private static final int COUNT = 1024;

    @TempDir
    Path directory;

    private TestNanokernel nanokernel;
    private NativeBuffer memory;
    private ByteBuffer message;
    private int socket;

    @BeforeEach
    void connect() throws IOException {
        nanokernel = new TestNanokernel(directory, 2, AbiDescriptor.MIN_RING_CAPACITY);
        nanokernel.start(0);
        memory = NativeBuffer.allocate(4096);
        message = memory.buffer();
        socket = Errno.check(UnixSocket.connectSeqPacket(nanokernel.socket(0).toString()), "connect");
    }

    @AfterEach
    void disconnect() {
        Fd.close(socket);
        memory.close();
        nanokernel.close();
    }

    @Test
    void otherMagicIsRefused() {
        header(0x12345678, AbiDescriptor.REVISION, AttachDescriptor.TYPE_ATTACH, 64);
        send(AttachDescriptor.ATTACH_LENGTH, 0);
        assertRefused(AttachError.BAD_MAGIC, "magic=0x12345678, expected 0x4b4e524e");
    }

    @Test
    void otherRevisionIsRefusedWithBothNumbers() {
        header(AttachDescriptor.MAGIC, 9, AttachDescriptor.TYPE_ATTACH, 64);
        send(AttachDescriptor.ATTACH_LENGTH, 0);
        assertRefused(AttachError.BAD_REVISION, "revision=9, expected 1");
    }

    @Test
    void unknownTypeIsRefused() {
        header(AttachDescriptor.MAGIC, AbiDescriptor.REVISION, 77, 0);
        send(AttachDescriptor.HEADER_LENGTH, 0);
        assertRefused(AttachError.BAD_MESSAGE, "type=77");
    }

    @Test
    void messageOfTheNanokernelIsRefused() {
        header(AttachDescriptor.MAGIC, AbiDescriptor.REVISION, AttachDescriptor.TYPE_SYNCED, 0);
        send(AttachDescriptor.HEADER_LENGTH, 0);
        assertRefused(AttachError.BAD_MESSAGE, "type=5");
    }

    @Test
    void wrongLengthIsRefused() {
        header(AttachDescriptor.MAGIC, AbiDescriptor.REVISION, AttachDescriptor.TYPE_ATTACH, 64);
        send(AttachDescriptor.ATTACH_LENGTH - 1, 0);
        assertRefused(AttachError.BAD_MESSAGE, "expected 80");
    }

    @Test
    void bodyLengthThatIsNotThatOfThePacketIsRefused() {
        header(AttachDescriptor.MAGIC, AbiDescriptor.REVISION, AttachDescriptor.TYPE_ATTACH, -1);
        send(AttachDescriptor.ATTACH_LENGTH, 0);
        assertRefused(AttachError.BAD_MESSAGE, "body length=4294967295");
    }

    @Test
    void packetLongerThanAnyMessageIsRefused() {
        header(AttachDescriptor.MAGIC, AbiDescriptor.REVISION, AttachDescriptor.TYPE_ATTACH, 64);
        send(2000, 0);
        assertRefused(AttachError.BAD_MESSAGE, "more than");
    }

    @Test
    void descriptorsThatWereNotAskedForAreRefused() {
        header(AttachDescriptor.MAGIC, AbiDescriptor.REVISION, AttachDescriptor.TYPE_ATTACH, 64);
        send(AttachDescriptor.ATTACH_LENGTH, 20);
        assertRefused(AttachError.BAD_MESSAGE, "descriptors");
    }

    @Test
    void readyBeforeAttachIsRefused() {
        header(AttachDescriptor.MAGIC, AbiDescriptor.REVISION, AttachDescriptor.TYPE_READY, 0);
        send(AttachDescriptor.READY_LENGTH, 0);
        assertRefused(AttachError.BAD_MESSAGE, "type=6 in state CONNECTED");
    }

    @Test
    void silenceIsEndedAfterASecond() {
        await().until(() -> {
            nanokernel.passTime(AttachSession.ATTACH_DEADLINE_NS);
            return !nanokernel.ends().isEmpty();
        });
        assertRefused(AttachError.BAD_MESSAGE, "no ATTACH within 1000 ms");
    }

    @Test
    void connectionThatIsBrokenOffIsForgotten() {
        Fd.close(socket);
        await().until(() -> !nanokernel.ends().isEmpty());
        assertThat(nanokernel.ends()).containsExactly("the other end closed the connection");
        socket = EventFd.create();
    }

    @Test
    void noiseHarmsNobody() throws IOException {
        final long seed = Long.getLong("nanorouter.seed", System.nanoTime());
        System.out.println("AttachSessionTest seed=" + seed);
        final SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 300; i++) {
            Fd.close(socket);
            socket = Errno.check(UnixSocket.connectSeqPacket(nanokernel.socket(0).toString()), "connect");
            for (int n = 0; n < 300; n++) {
                message.put(n, (byte) random.nextInt());
            }
            if (random.nextInt(4) > 0) {
                header(AttachDescriptor.MAGIC, AbiDescriptor.REVISION, random.nextInt(9), random.nextInt(70));
            }
            send(1 + random.nextInt(300), random.nextInt(4));
        }
        Fd.close(socket);
        socket = EventFd.create();
        await().until(() -> nanokernel.ends().size() >= 300);
        nanokernel.attach(0).close();
    }

    private void header(int magic, int revision, int type, int length) {
        message.putInt(AttachDescriptor.MAGIC_OFFSET, magic);
        message.putShort(AttachDescriptor.REVISION_OFFSET, (short) revision);
        message.putShort(AttachDescriptor.TYPE_OFFSET, (short) type);
        message.putInt(AttachDescriptor.LENGTH_OFFSET, length);
    }

    private void send(int length, int descriptors) {
        for (int i = 0; i < descriptors; i++) {
            message.putInt(FDS + i * Integer.BYTES, socket);
        }
        UnixSocket.sendWithFds(socket, memory.address(), length, memory.address() + FDS, descriptors);
    }

    private void assertRefused(AttachError error, String text) {
        await().until(() -> receive() > 0);
        assertThat(message.getShort(AttachDescriptor.TYPE_OFFSET)).isEqualTo((short) AttachDescriptor.TYPE_REFUSED);
        assertThat(message.getInt(AttachDescriptor.REFUSED_ERROR_OFFSET)).isEqualTo(error.value());
        final byte[] bytes = new byte[AttachDescriptor.REFUSED_TEXT_LENGTH];
        message.get(AttachDescriptor.REFUSED_TEXT_OFFSET, bytes);
        assertThat(new String(bytes, StandardCharsets.UTF_8)).contains(text);
        await().until(() -> receive() == 0);
    }

    private int receive() {
        return UnixSocket.receiveWithFds(socket, memory.address(), FDS, memory.address() + FDS, 4,
            memory.address() + COUNT);
    }
}
