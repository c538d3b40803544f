// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.keeper;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.UnixSocket;

/** The nanokernel's end, with the test at the other one; nk-keeper itself is in keeper_selftest.c and KernelDeathIT. */
@Timeout(30)
class KeeperTest {
    private static final int FDS_OFFSET = KeeperDescriptor.MAX_MESSAGE;
    private static final int COUNT_OFFSET = FDS_OFFSET + KeeperDescriptor.MAX_FDS * Integer.BYTES;
    /** More than a socket's queue has room for. */
    private static final int MANY = 3_000;

    private static final Runnable NOTHING = () -> { };

    private final NativeBuffer memory = NativeBuffer.allocate(COUNT_OFFSET + Integer.BYTES);
    private final NativeBuffer poll = NativeBuffer.allocate(Poll.ENTRY_LENGTH);
    private final CountDownLatch prepared = new CountDownLatch(1);
    private int other;
    private Map<String, String> environment;

    @BeforeEach
    void connect() {
        assertThat(UnixSocket.seqPacketPair(memory.address())).isZero();
        other = memory.buffer().getInt(0);
        environment = Map.of(KeeperDescriptor.VARIABLE, Integer.toString(memory.buffer().getInt(Integer.BYTES)));
    }

    @AfterEach
    void close() {
        Fd.close(other);
        memory.close();
        poll.close();
    }

    private void send(int type, String name, int pid, int status, String text, int... fds) {
        ByteBuffer buffer = memory.buffer();
        byte[] words = (name + "\0" + text).getBytes(StandardCharsets.UTF_8);
        buffer.putInt(KeeperDescriptor.TYPE_OFFSET, type).putInt(KeeperDescriptor.PID_OFFSET, pid)
                .putInt(KeeperDescriptor.STATUS_OFFSET, status).put(KeeperDescriptor.HEADER_LENGTH, words);
        for (int i = 0; i < fds.length; i++) {
            buffer.putInt(FDS_OFFSET + i * Integer.BYTES, fds[i]);
        }
        int length = KeeperDescriptor.HEADER_LENGTH + words.length;
        assertThat(UnixSocket.sendWithFds(other, memory.address(), length, memory.address() + FDS_OFFSET, fds.length))
                .isEqualTo(length);
    }

    /** The next message's type and words, once there is one. */
    private String receive() {
        poll.buffer().putInt(Poll.FD_OFFSET, other).putShort(Poll.EVENTS_OFFSET, Poll.IN);
        assertThat(Poll.poll(poll.address(), 1, 10_000)).isEqualTo(1);
        int length = UnixSocket.receiveWithFds(other, memory.address(), KeeperDescriptor.MAX_MESSAGE,
                memory.address() + FDS_OFFSET, KeeperDescriptor.MAX_FDS, memory.address() + COUNT_OFFSET);
        if (length <= 0) {
            return "end";
        }
        byte[] words = new byte[length - KeeperDescriptor.HEADER_LENGTH];
        memory.buffer().get(KeeperDescriptor.HEADER_LENGTH, words);
        int fds = memory.buffer().getInt(COUNT_OFFSET);
        for (int i = 0; i < fds; i++) {
            Fd.close(memory.buffer().getInt(FDS_OFFSET + i * Integer.BYTES));
        }
        return memory.buffer().getInt(KeeperDescriptor.TYPE_OFFSET) + " "
                + memory.buffer().getInt(KeeperDescriptor.PID_OFFSET) + " "
                + new String(words, StandardCharsets.UTF_8).replace('\0', '|') + " " + fds;
    }

    @Test
    void whatWasKeptIsTakenOnce() throws Exception {
        int bell = EventFd.create();
        send(KeeperDescriptor.TYPE_ENTRY, "bell/a-1", 0, Kept.ALIVE, "a b", bell);
        send(KeeperDescriptor.TYPE_ENTRY, "bell/b-2", 0, Kept.ALIVE, "", bell, bell);
        send(KeeperDescriptor.TYPE_ENTRY, "os/one", 77, 3, "x");
        send(KeeperDescriptor.TYPE_END, "", 0, 0, "");
        Fd.close(bell);
        try (Keeper keeper = Keeper.of(environment, NOTHING)) {
            assertThat(keeper.isThere()).isTrue();
            assertThat(keeper.has("os/one")).isTrue();
            Kept os = keeper.take("os/one");
            assertThat(os).extracting(Kept::pid, Kept::status, Kept::text).containsExactly(77L, 3, "x");
            assertThat(keeper.take("os/one")).isNull();
            assertThat(keeper.takeUnder("be")).isEmpty();
            Kept taken = keeper.takeUnder("bell/a-").get(0);
            assertThat(taken.text()).isEqualTo("a b");
            assertThat(EventFd.ring(taken.descriptors()[0])).isNotNegative();
            Fd.close(taken.descriptors()[0]);
            keeper.dropRest();
            assertThat(receive()).isEqualTo(KeeperDescriptor.TYPE_DROP + " 0 bell/b-2| 0");
        }
    }

    @Test
    void whatIsKeptIsSentAndAFullQueueIsWaitedFor() throws Exception {
        send(KeeperDescriptor.TYPE_END, "", 0, 0, "");
        int bell = EventFd.create();
        try (Keeper keeper = Keeper.of(environment, NOTHING)) {
            keeper.keep("one", 5, "text", bell, bell);
            assertThat(receive()).isEqualTo(KeeperDescriptor.TYPE_KEEP + " 5 one|text 2");
            CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> {
                for (int i = 0; i < MANY; i++) {
                    keeper.keep("n" + i, 0, "");
                }
                keeper.forget();
            });
            for (int i = 0; i < MANY; i++) {
                assertThat(receive()).isEqualTo(KeeperDescriptor.TYPE_KEEP + " 0 n" + i + "| 0");
            }
            assertThat(receive()).isEqualTo(KeeperDescriptor.TYPE_FORGET + " 0 | 0");
            assertThat(receive()).isEqualTo("end");
            sending.join();
            keeper.keep("nobody", 0, "");
        } finally {
            Fd.close(bell);
        }
    }

    @Test
    void aSpareWaitsUntilItIsNeeded() throws Exception {
        send(KeeperDescriptor.TYPE_SPARE, "", 0, 0, "");
        CompletableFuture<Keeper> spare = CompletableFuture.supplyAsync(this::keeper);
        prepared.await();
        assertThat(spare).isNotDone();
        send(KeeperDescriptor.TYPE_ENTRY, "one", 0, Kept.ALIVE, "text");
        send(KeeperDescriptor.TYPE_END, "", 0, 0, "");
        try (Keeper keeper = spare.get()) {
            assertThat(keeper.take("one")).extracting(Kept::text).isEqualTo("text");
            keeper.wantSpare();
            assertThat(receive()).isEqualTo(KeeperDescriptor.TYPE_SPARE + " 0 | 0");
        }
    }

    private Keeper keeper() {
        try {
            return Keeper.of(environment, prepared::countDown);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @Test
    void aSpareThatIsNotNeededIsToldSo() {
        send(KeeperDescriptor.TYPE_SPARE, "", 0, 0, "");
        Fd.close(other);
        assertThatThrownBy(() -> Keeper.of(environment, NOTHING)).isInstanceOf(EOFException.class);
        other = -1;
    }

    @Test
    void withoutAKeeperNothingIsKeptAndNothingFails() throws Exception {
        try (Keeper keeper = Keeper.of(Map.of(), NOTHING)) {
            assertThat(keeper.isThere()).isFalse();
            keeper.keep("one", 0, "", 0);
            keeper.drop("one");
            keeper.forget();
            assertThat(keeper.take("one")).isNull();
        }
    }

    @Test
    void anEnvironmentThatIsWrongIsSaid() {
        assertThatThrownBy(() -> Keeper.of(Map.of(KeeperDescriptor.VARIABLE, "x"), NOTHING))
                .isInstanceOf(IOException.class).hasMessageContaining("NK_KEEPER=x is not a descriptor");
        assertThatThrownBy(() -> Keeper.of(Map.of(KeeperDescriptor.VARIABLE, "99999"), NOTHING))
                .isInstanceOf(IOException.class).hasMessageContaining("use the keeper's descriptor 99999");
        Fd.close(other);
        assertThatThrownBy(() -> Keeper.of(environment, NOTHING)).isInstanceOf(IOException.class)
                .hasMessageContaining("ended before it said what it keeps");
        other = -1;
    }

    @Test
    void theSuccessorOfOneForPracticeGetsWhatWasKeptLast() throws IOException {
        int bell = EventFd.create();
        try (PracticeKeeper practice = PracticeKeeper.create()) {
            Keeper predecessor = practice.predecessor();
            predecessor.keep("bell/0-1", 0, "first", bell, bell);
            predecessor.keep("bell/0-1", 0, "second", bell);
            predecessor.keep("door/one", 0, "", bell);
            predecessor.drop("door/one");
            Keeper successor = practice.successor();
            predecessor.keep("late", 0, "");
            successor.keep("later", 0, "");
            Kept kept = successor.take("bell/0-1");
            assertThat(kept.text()).isEqualTo("second");
            assertThat(kept.descriptors()).hasSize(1);
            kept.close();
            assertThat(successor.isThere()).isTrue();
            assertThat(successor.has("door/one")).isFalse();
            assertThat(successor.has("late")).isFalse();
        } finally {
            Fd.close(bell);
        }
    }
}
