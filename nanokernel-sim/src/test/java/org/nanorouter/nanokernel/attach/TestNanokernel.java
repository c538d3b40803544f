// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.FutureTask;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsEntryDescriptor;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.memory.Doorbells;
import org.nanorouter.nanokernel.memory.ManagementWriter;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.UnixSocket;

/**
 * The memory and the attach sockets of a nanokernel, without cells: a thread that polls, and one session library under
 * it. OSes are named {@code os0}, {@code os1} and so on; each method may be called from any thread.
 */
public final class TestNanokernel implements AutoCloseable {

    private static final int PERIOD_MS = 100;

    private final Path directory;
    private final int ringCapacity;
    private final Random random = new Random();
    private final ManagementWriter management;
    private final Doorbells doorbells = new Doorbells();
    private final List<Os> oses = new ArrayList<>();
    private final LinkedBlockingQueue<FutureTask<?>> tasks = new LinkedBlockingQueue<>();
    private final List<String> ends = new ArrayList<>();
    private final List<String> told = Collections.synchronizedList(new ArrayList<>());
    private final Thread loop = new Thread(this::run, "test-nanokernel");
    private volatile boolean closing;
    private @Nullable ProgramHost programs;

    private final class Os implements AttachHost {

        private final int id;
        private final int listener;
        private final List<AttachSession> sessions = new ArrayList<>();
        private byte[] token = new byte[AttachDescriptor.TOKEN_LENGTH];
        private @Nullable OsRegionObject region;
        private @Nullable AttachSession attached;

        Os(int id) throws IOException {
            this.id = id;
            this.listener = Errno.check(
                UnixSocket.listenSeqPacket(socket(id).toString(), 0600), "listen at " + socket(id));
        }

        @Override
        public String osName() {
            return name(id);
        }

        @Override
        public @Nullable AttachGrant grant() {
            if (region == null) {
                return null;
            }
            final List<PeerGrant> peers = new ArrayList<>();
            for (final Os other : oses) {
                if (other != this && other.region != null) {
                    peers.add(peerGrant(other, this));
                }
            }
            return new AttachGrant(id, region.view().epoch(), token, management.readOnlyFd(),
                ManagementDescriptor.LENGTH, region.writableFd(), region.view().length(), peers);
        }

        @Override
        public @Nullable ProgramHost programs() {
            return programs;
        }

        @Override
        public @Nullable AttachSession attached() {
            return attached;
        }

        @Override
        public void attached(AttachSession session) {
            attached = session;
        }

        @Override
        public void ready(AttachSession session) {
            if (management.region().state(id) == OsState.BOOTING) {
                management.state(id, OsState.RUNNING);
            }
        }

        @Override
        public void panicked(AttachSession session) {
            told.add("panic of " + osName());
        }

        @Override
        public void silent(AttachSession session, int peerId, int peerEpoch) {
            told.add(osName() + " finds " + name(peerId) + " silent, epoch " + peerEpoch);
        }

        @Override
        public void lied(AttachSession session, int peerId, int peerEpoch) {
            told.add(osName() + " finds that " + name(peerId) + " lied, epoch " + peerEpoch);
        }

        @Override
        public void ended(AttachSession session, String reason) {
            sessions.remove(session);
            ends.add(reason);
            if (attached == session) {
                attached = null;
            }
        }
    }

    /** What endpoints said of themselves and of others. */
    public List<String> told() {
        return told;
    }

    /** Makes the OSes, none of them with a region yet. */
    public TestNanokernel(Path directory, int count, int ringCapacity) throws IOException {
        this.directory = directory;
        this.ringCapacity = ringCapacity;
        this.management = ManagementWriter.create(bytes(ManagementDescriptor.BOOT_ID_LENGTH));
        for (int id = 0; id < count; id++) {
            management.defineOs(id, name(id), OsKind.PROCESS, new byte[] {2, 0, 0, 0, 0, (byte) id}, PERIOD_MS,
                10 * PERIOD_MS);
            oses.add(new Os(id));
        }
        loop.start();
    }

    /** From now on programs may join, whose requests go there. */
    void programs(ProgramHost host) {
        on(() -> programs = host);
    }

    static String name(int id) {
        return "os" + id;
    }

    Path socket(int id) {
        return directory.resolve(name(id) + ".sock");
    }

    Path tokenFile(int id) {
        return directory.resolve(name(id) + ".token");
    }

    Attachment attach(int id) throws IOException {
        return Attachment.connect(socket(id), name(id), tokenFile(id));
    }

    /** Gives an OS its next epoch and tells its peers. */
    void start(int id) {
        on(() -> {
            final Os os = oses.get(id);
            final int length = OsRegionDescriptor.regionLength(oses.size() - 1, ringCapacity);
            os.token = bytes(AttachDescriptor.TOKEN_LENGTH);
            Files.write(tokenFile(id), os.token);
            final int epoch =
                management.beginEpoch(id, length, System.nanoTime(), bytes(OsEntryDescriptor.INCARNATION_LENGTH));
            os.region = OsRegionObject.create(name(id), id, epoch, length);
            int slot = 0;
            for (final Os other : oses) {
                if (other != os) {
                    management.openRing(id, other.id,
                        new RingPlace(OsRegionDescriptor.ringDataOffset(slot++, ringCapacity), ringCapacity));
                }
            }
            for (final Os other : oses) {
                if (other != os && other.attached != null) {
                    other.attached.peer(peerGrant(os, other));
                }
            }
            return null;
        });
    }

    /** Ends the epoch of an OS and tells its peers. */
    void stop(int id) {
        on(() -> {
            final Os os = oses.get(id);
            final int epoch = os.region.view().epoch();
            management.state(id, OsState.STOPPED);
            new ArrayList<>(os.sessions).forEach(AttachSession::close);
            os.region.close();
            os.region = null;
            doorbells.forget(id);
            for (final Os other : oses) {
                if (other.attached != null) {
                    other.attached.peerGone(id, epoch);
                }
            }
            return null;
        });
    }

    /** Breaks every connection without ending an epoch. */
    void dropConnections() {
        on(() -> {
            oses.forEach(os -> new ArrayList<>(os.sessions).forEach(AttachSession::close));
            return null;
        });
    }

    OsState state(int id) {
        return on(() -> management.region().state(id));
    }

    long heartbeat(int id) {
        return on(() -> oses.get(id).region.view().heartbeat());
    }

    /** A word of the cursor block that an OS has for a peer, at that {@code CursorDescriptor} offset. */
    long cursor(int id, int peer, int offset) {
        return on(() -> oses.get(id).region.view().buffer().getLong(OsRegionDescriptor.cursorsOffset(peer) + offset));
    }

    String panicText(int id) {
        return on(() -> oses.get(id).region.view().panicked() ? oses.get(id).region.view().panicText() : "");
    }

    /** Why sessions ended, in order. */
    List<String> ends() {
        return on(() -> List.copyOf(ends));
    }

    /** Lets the sessions' time pass. */
    void passTime(long nanos) {
        on(() -> {
            oses.forEach(os -> new ArrayList<>(os.sessions).forEach(s -> s.onTime(System.nanoTime() + nanos)));
            return null;
        });
    }

    private PeerGrant peerGrant(Os peer, Os to) {
        try {
            return new PeerGrant(peer.id, peer.region.view().epoch(), peer.region.readOnlyFd(),
                peer.region.view().length(), doorbells.waiter(peer.id, to.id), doorbells.ringer(to.id, peer.id));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private byte[] bytes(int length) {
        final byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    /** Calls on the nanokernel's thread. */
    <T> T on(Callable<T> task) {
        final FutureTask<T> future = new FutureTask<>(task);
        tasks.add(future);
        try {
            return future.get(10, TimeUnit.SECONDS);
        } catch (InterruptedException | ExecutionException | TimeoutException e) {
            throw new AssertionError(e);
        }
    }

    private void run() {
        try (NativeBuffer entries = NativeBuffer.allocate(64 * Poll.ENTRY_LENGTH)) {
            while (!closing) {
                FutureTask<?> task = tasks.poll();
                while (task != null) {
                    task.run();
                    task = tasks.poll();
                }
                pollOnce(entries);
            }
        }
    }

    private void pollOnce(NativeBuffer entries) {
        int count = 0;
        for (final Os os : oses) {
            entry(entries.buffer(), count++, os.listener);
            for (final AttachSession session : os.sessions) {
                entry(entries.buffer(), count++, session.fd());
            }
        }
        Poll.poll(entries.address(), count, 5);
        for (final Os os : oses) {
            final int accepted = UnixSocket.accept(os.listener);
            if (accepted >= 0) {
                os.sessions.add(new AttachSession(accepted, os, System.nanoTime()));
            }
            new ArrayList<>(os.sessions).forEach(AttachSession::onReadable);
        }
    }

    private static void entry(ByteBuffer entries, int index, int fd) {
        entries.putInt(index * Poll.ENTRY_LENGTH + Poll.FD_OFFSET, fd);
        entries.putShort(index * Poll.ENTRY_LENGTH + Poll.EVENTS_OFFSET, Poll.IN);
    }

    @Override
    public void close() {
        closing = true;
        try {
            loop.join();
        } catch (InterruptedException e) {
            throw new AssertionError(e);
        }
        for (final Os os : oses) {
            new ArrayList<>(os.sessions).forEach(AttachSession::close);
            Fd.close(os.listener);
            if (os.region != null) {
                os.region.close();
            }
        }
        doorbells.close();
        management.close();
    }
}
