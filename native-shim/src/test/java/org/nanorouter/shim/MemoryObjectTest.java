// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.jna.Function;
import com.sun.jna.Native;
import java.nio.ByteOrder;
import java.nio.ReadOnlyBufferException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Sealed memory and private memory. */
class MemoryObjectTest {
    private static final long SIZE = 64 * 1024;

    private int fd;

    @BeforeEach
    void create() throws ShimException {
        fd = Errno.check(MemoryObject.create("test", SIZE), "create");
    }

    @AfterEach
    void close() {
        Fd.close(fd);
    }

    @Test
    void sealedMemoryCannotShrink() {
        assertThat(truncate(fd, SIZE / 2)).isEqualTo(Errno.EPERM);
    }

    @Test
    void finalMemoryHasItsBytesAndCannotBeWritten() throws ShimException {
        try (NativeBuffer bytes = NativeBuffer.of("for ever")) {
            int last = Errno.check(MemoryObject.createFinal("test", bytes.address(), 8), "create");
            try (MappedMemory mapped = MemoryObject.map(last, 8, false, 0)) {
                MemoryObject.check(last, 8);
                assertThat(StandardCharsets.UTF_8.decode(mapped.buffer()).toString()).isEqualTo("for ever");
                assertErrnoOfMapping(Errno.EPERM, last);
            } finally {
                Fd.close(last);
            }
        }
    }

    private static void assertErrnoOfMapping(int errno, int fd) {
        assertThatThrownBy(() -> MemoryObject.map(fd, 8, true, 0)).isInstanceOfSatisfying(ShimException.class,
            e -> assertThat(e.errno()).isEqualTo(errno));
    }

    @Test
    void sealedMemoryCannotGrow() {
        assertThat(truncate(fd, SIZE * 2)).isEqualTo(Errno.EPERM);
    }

    @Test
    void readOnlyReopenCannotBeMappedWritable() throws ShimException {
        int reader = Errno.check(MemoryObject.reopenReadOnly(fd), "reopen");
        try (MappedMemory ours = MemoryObject.map(fd, SIZE, true, 0);
             MappedMemory theirs = MemoryObject.map(reader, SIZE, false, 0)) {
            assertThatThrownBy(() -> MemoryObject.map(reader, SIZE, true, 0)).isInstanceOfSatisfying(
                ShimException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EACCES));
            ours.buffer().putLong(8, 0x0102030405060708L);
            assertThat(theirs.buffer().getLong(8)).isEqualTo(0x0102030405060708L);
            assertThat(theirs.buffer().get(8)).as("little-endian").isEqualTo((byte) 8);
            assertThatThrownBy(() -> theirs.buffer().put(0, (byte) 1)).isInstanceOf(ReadOnlyBufferException.class);
        } finally {
            Fd.close(reader);
        }
    }

    @Test
    void memoryIsForItsMakerAlone() throws Exception {
        Path file = Path.of("/proc/self/fd", Integer.toString(fd));
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
    }

    @Test
    void receiverRefusesWhatIsNotSealedOrOfAnotherSize() throws Exception {
        MemoryObject.check(fd, SIZE);
        assertErrno(Errno.EMSGSIZE, fd, SIZE + 1);
        int unsealed = Function.getFunction("c", "memfd_create").invokeInt(new Object[] {"unsealed", 1});
        assertErrno(Errno.EPERM, unsealed, 0);
        Fd.close(unsealed);
        int doorbell = EventFd.create();
        assertErrno(Errno.EINVAL, doorbell, 0);
        Fd.close(doorbell);
    }

    @Test
    void mappingLiesAtTheGivenAddressOrNowhere() throws ShimException {
        long address;
        try (MappedMemory anywhere = MemoryObject.map(fd, SIZE, true, 0)) {
            address = anywhere.address();
            long taken = address;
            assertThatThrownBy(() -> MemoryObject.map(fd, SIZE, true, taken)).isInstanceOfSatisfying(
                ShimException.class, e -> assertThat(e.errno()).isEqualTo(Errno.EEXIST));
        }
        long free = 0x5a5a_0000_0000L;
        try (MappedMemory fixed = MemoryObject.map(fd, SIZE, true, free)) {
            assertThat(fixed.address()).isEqualTo(free);
        }
    }

    @Test
    void mappingOutlivesTheDescriptor() throws ShimException {
        int copy = Fd.duplicate(fd);
        try (MappedMemory memory = MemoryObject.map(copy, SIZE, true, 0)) {
            Fd.close(copy);
            memory.buffer().putInt(0, 7);
            assertThat(memory.buffer().getInt(0)).isEqualTo(7);
        }
    }

    @Test
    void closedMappingRefusesItsAddress() throws ShimException {
        MappedMemory memory = MemoryObject.map(fd, SIZE, true, 0);
        memory.close();
        memory.close();
        assertThatThrownBy(memory::address).isInstanceOf(IllegalStateException.class);
        assertThatThrownBy(memory::buffer).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void guardedBufferEndsAtAPage() {
        for (long size : new long[] {1, 8, 4095, 4096, 4097, SIZE}) {
            try (NativeBuffer buffer = NativeBuffer.allocateGuarded(size)) {
                assertThat((buffer.address() + size) % NativeBuffer.pageSize()).isZero();
                assertThat(buffer.buffer().capacity()).isEqualTo((int) size);
                assertThat(buffer.buffer().order()).isEqualTo(ByteOrder.LITTLE_ENDIAN);
                buffer.buffer().put((int) size - 1, (byte) 1).put(0, (byte) 1);
            }
        }
    }

    @Test
    void stringsEndWithNul() {
        try (NativeBuffer text = NativeBuffer.of("h\u00e9")) {
            assertThat(text.size()).isEqualTo(4);
            assertThat(text.address() % NativeBuffer.pageSize()).isZero();
            assertThat(text.buffer().get(3)).isZero();
        }
        assertThatThrownBy(() -> NativeBuffer.of("a\0b")).isInstanceOf(IllegalArgumentException.class);
    }

    private static int truncate(int fd, long size) {
        int result = Function.getFunction("c", "ftruncate").invokeInt(new Object[] {fd, size});
        return result == 0 ? 0 : Native.getLastError();
    }

    private static void assertErrno(int errno, int fd, long size) {
        assertThatThrownBy(() -> MemoryObject.check(fd, size)).isInstanceOfSatisfying(ShimException.class,
            e -> assertThat(e.errno()).as(e.getMessage()).isEqualTo(errno));
    }
}
