// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.keeper;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.ObjIntConsumer;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.UnixSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The connection to {@code nk-keeper}, or none: then all of it has no effect, and who dies takes everything along.
 *
 * <p>Nothing is answered. A keeper whose queue is full is waited for, up to {@value #PATIENCE_MS} ms; one that does not
 * read then is given up, with all that it keeps, since what it has would be wrong. One thread at a time.
 */
public final class Keeper implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Keeper.class);
    private static final int NONE = -1;
    private static final int FDS_OFFSET = KeeperDescriptor.MAX_MESSAGE;
    private static final int FD_COUNT_OFFSET = FDS_OFFSET + KeeperDescriptor.MAX_FDS * Integer.BYTES;
    private static final int BUFFER_LENGTH = FD_COUNT_OFFSET + Integer.BYTES;
    private static final int START_MS = 10_000;
    private static final int FOREVER = -1;
    private static final int PATIENCE_MS = 1_000;

    private final NativeBuffer outMemory = NativeBuffer.allocate(BUFFER_LENGTH);
    private final NativeBuffer inMemory = NativeBuffer.allocate(BUFFER_LENGTH);
    private final NativeBuffer poll = NativeBuffer.allocate(Poll.ENTRY_LENGTH);
    private final ByteBuffer out = outMemory.buffer();
    private final ByteBuffer in = inMemory.buffer();
    private final NavigableMap<String, Kept> kept = new TreeMap<>();
    private int fd;
    /** Which waits on the descriptor; null: none yet. */
    private @Nullable PollLoop loop;
    private boolean closed;

    /** The connection over a descriptor, which is its own from now on. */
    Keeper(int fd) {
        this.fd = fd;
    }

    /** One that keeps nothing. */
    public static Keeper none() {
        return new Keeper(NONE);
    }

    /**
     * The keeper that started this process, if one did. A spare waits here until the nanokernel before it is killed.
     *
     * @param preparation what a spare does before it waits
     * @throws EOFException if the keeper ended before it needed this spare
     */
    public static Keeper ofEnvironment(Runnable preparation) throws IOException {
        return of(System.getenv(), preparation);
    }

    static Keeper of(Map<String, String> environment, Runnable preparation) throws IOException {
        String number = environment.get(KeeperDescriptor.VARIABLE);
        if (number == null) {
            return none();
        } else if (!number.matches("[0-9]{1,9}")) {
            throw new IOException(KeeperDescriptor.VARIABLE + "=" + number + " is not a descriptor");
        }
        int inherited = Integer.parseInt(number);
        // A copy that no program we start gets.
        int own = Errno.check(Fd.duplicate(inherited), "use the keeper's descriptor " + number);
        Fd.close(inherited);
        Keeper keeper = new Keeper(own);
        try {
            keeper.receiveAll(preparation);
            return keeper;
        } catch (IOException e) {
            keeper.close();
            throw e;
        }
    }

    private void receiveAll(Runnable preparation) throws IOException {
        while (true) {
            if (!await(Poll.IN, START_MS)) {
                throw new IOException("the keeper does not say what it keeps");
            }
            Kept next = receive();
            int type = in.getInt(KeeperDescriptor.TYPE_OFFSET);
            if (next == null && fd == NONE) {
                throw new IOException("the keeper ended before it said what it keeps");
            } else if (type == KeeperDescriptor.TYPE_END) {
                return;
            } else if (type == KeeperDescriptor.TYPE_SPARE) {
                preparation.run();
                awaitNeed();
            } else if (next != null) {
                kept.put(next.name(), next);
            }
        }
    }

    /** Takes as kept what another nanokernel has sent, as far as it has come. */
    void receiveSent() {
        Kept message = receive();
        while (message != null) {
            Kept before = in.getInt(KeeperDescriptor.TYPE_OFFSET) == KeeperDescriptor.TYPE_KEEP
                    ? kept.put(message.name(), message) : kept.remove(message.name());
            if (before != null) {
                before.close();
            }
            message = receive();
        }
    }

    private void awaitNeed() throws EOFException {
        boolean told;
        do {
            // False when a signal came.
            told = await(Poll.IN, FOREVER);
        } while (!told);
        if ((poll.buffer().getShort(Poll.RETURNED_EVENTS_OFFSET) & Poll.HUP) != 0) {
            throw new EOFException("the keeper ended and did not need this spare");
        }
    }

    /** Receives a message; null if none waits or it has no name. The keeper's end is ours. */
    private @Nullable Kept receive() {
        int length = UnixSocket.receiveWithFds(fd, inMemory.address(), KeeperDescriptor.MAX_MESSAGE,
                inMemory.address() + FDS_OFFSET, KeeperDescriptor.MAX_FDS, inMemory.address() + FD_COUNT_OFFSET);
        if (length == -Errno.EAGAIN || length == -Errno.EINTR) {
            return null;
        } else if (length <= KeeperDescriptor.HEADER_LENGTH) {
            lose(length < 0 ? Errno.describe(-length) : "it ended");
            return null;
        }
        byte[] words = new byte[length - KeeperDescriptor.HEADER_LENGTH];
        in.get(KeeperDescriptor.HEADER_LENGTH, words);
        String[] parts = new String(words, StandardCharsets.UTF_8).split("\0", 2);
        int[] descriptors = new int[in.getInt(FD_COUNT_OFFSET)];
        for (int i = 0; i < descriptors.length; i++) {
            descriptors[i] = in.getInt(FDS_OFFSET + i * Integer.BYTES);
        }
        return new Kept(parts[0], in.getInt(KeeperDescriptor.PID_OFFSET), in.getInt(KeeperDescriptor.STATUS_OFFSET),
                parts.length == 2 ? parts[1] : "", descriptors);
    }

    /** Whether the parent process keeps anything. */
    public boolean isThere() {
        return fd != NONE;
    }

    /** Whether a nanokernel before this one had something of this name kept, and nobody has taken it yet. */
    public boolean has(String name) {
        return kept.containsKey(name);
    }

    /** Takes what it had kept under this name; null if there is nothing, or it was taken. It stays kept. */
    public @Nullable Kept take(String name) {
        return kept.remove(name);
    }

    /** Takes everything whose name is this prefix and a word without a slash, in no order. It stays kept. */
    public List<Kept> takeUnder(String prefix) {
        List<Kept> found = kept.tailMap(prefix).values().stream().takeWhile(each -> each.name().startsWith(prefix))
                .filter(each -> each.name().indexOf('/', prefix.length()) < 0).toList();
        found.forEach(each -> kept.remove(each.name()));
        return found;
    }

    /** What is left of that is not needed any more. */
    public void dropRest() {
        for (Kept each : kept.values()) {
            each.close();
            drop(each.name());
        }
        kept.clear();
    }

    /**
     * Keeps something, in place of what was kept under this name.
     *
     * @param name        1 to 63 bytes
     * @param pid         a child of this process whose end the successor must learn of; 0: none
     * @param text        at most 4,000 bytes
     * @param descriptors at most four, which stay the caller's
     */
    public void keep(String name, long pid, String text, int... descriptors) {
        if (fd == NONE) {
            return;
        }
        for (int i = 0; i < descriptors.length; i++) {
            out.putInt(FDS_OFFSET + i * Integer.BYTES, descriptors[i]);
        }
        send(KeeperDescriptor.TYPE_KEEP, name, pid, text, descriptors.length);
    }

    /** Keeps bytes, at least one. */
    public void keepBytes(String name, byte[] bytes) throws ShimException {
        if (fd == NONE) {
            return;
        }
        int memory = Errno.check(MemoryObject.create("nk-kept", bytes.length), "make memory to be kept");
        try (MappedMemory mapping = MemoryObject.map(memory, bytes.length, true, 0)) {
            mapping.buffer().put(bytes);
            keep(name, 0, Integer.toString(bytes.length), memory);
        } finally {
            Fd.close(memory);
        }
    }

    /** Takes bytes that were kept; null if there are none. They stay kept. */
    public byte @Nullable [] takeBytes(String name) throws ShimException {
        Kept each = take(name);
        if (each == null) {
            return null;
        }
        byte[] bytes = new byte[Integer.parseInt(each.text())];
        try (MappedMemory mapping = MemoryObject.map(each.descriptors()[0], bytes.length, false, 0)) {
            mapping.buffer().get(bytes);
        } finally {
            Fd.close(each.descriptors()[0]);
        }
        return bytes;
    }

    /** Keeps it no more. */
    public void drop(String name) {
        send(KeeperDescriptor.TYPE_DROP, name, 0, "", 0);
    }

    /** Asks for a nanokernel that has begun and waits to go on if this one is killed; there is one at most. */
    public void wantSpare() {
        send(KeeperDescriptor.TYPE_SPARE, "", 0, "", 0);
    }

    /** Keeps nothing any more, for good: this nanokernel ends in order. */
    public void forget() {
        send(KeeperDescriptor.TYPE_FORGET, "", 0, "", 0);
        hangUp();
    }

    private void send(int type, String name, long pid, String text, int descriptors) {
        if (fd == NONE) {
            return;
        }
        byte[] words = (name + "\0" + text).getBytes(StandardCharsets.UTF_8);
        if (name.length() >= KeeperDescriptor.MAX_NAME
                || words.length > KeeperDescriptor.MAX_MESSAGE - KeeperDescriptor.HEADER_LENGTH) {
            throw new IllegalArgumentException("name=" + name + ", too long, or its text of " + text.length());
        }
        out.putLong(KeeperDescriptor.STATUS_OFFSET, 0);
        out.putInt(KeeperDescriptor.TYPE_OFFSET, type);
        out.putInt(KeeperDescriptor.PID_OFFSET, (int) pid);
        out.put(KeeperDescriptor.HEADER_LENGTH, words);
        int length = KeeperDescriptor.HEADER_LENGTH + words.length;
        int result = UnixSocket.sendWithFds(fd, outMemory.address(), length, outMemory.address() + FDS_OFFSET,
                descriptors);
        while (result == -Errno.EAGAIN && await(Poll.OUT, PATIENCE_MS)) {
            result = UnixSocket.sendWithFds(fd, outMemory.address(), length, outMemory.address() + FDS_OFFSET,
                    descriptors);
        }
        if (result < 0) {
            lose(Errno.describe(-result));
        }
    }

    private boolean await(short events, int timeoutMs) {
        poll.buffer().putInt(Poll.FD_OFFSET, fd).putShort(Poll.EVENTS_OFFSET, events);
        return Poll.poll(poll.address(), 1, timeoutMs) > 0;
    }

    private void lose(String why) {
        LOG.error("the keeper is lost: {}; if this nanokernel is killed, its OSes cannot be taken over", why);
        hangUp();
    }

    /** From now on this is as {@link #none}, but for what it has received. */
    void hangUp() {
        if (fd != NONE) {
            if (loop != null) {
                loop.remove(fd);
            }
            Fd.close(fd);
            fd = NONE;
        }
    }

    /**
     * Joins a loop, on whose thread this object is used from now on.
     *
     * @param exited hears of the end of processes that a nanokernel before this one started: name and status
     */
    public void join(PollLoop newLoop, ObjIntConsumer<String> exited) {
        if (fd != NONE) {
            loop = newLoop;
            newLoop.add(fd, () -> dispatch(exited));
        }
    }

    private void dispatch(ObjIntConsumer<String> exited) {
        Kept message = receive();
        while (message != null) {
            exited.accept(message.name(), message.status());
            message = fd == NONE ? null : receive();
        }
    }

    /** Hangs up. What is kept stays so if this process ends within a second, else it is dropped. */
    @Override
    public void close() {
        if (!closed) {
            closed = true;
            hangUp();
            inMemory.close();
            outMemory.close();
            poll.close();
        }
    }
}
