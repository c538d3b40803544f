// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.AbstractList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicBoolean;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.attach.AttachGrant;
import org.nanorouter.nanokernel.attach.AttachHost;
import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.nanokernel.attach.PeerGrant;
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
 * Memory, doorbells and attach sockets for a few OSes, and nothing else of a nanokernel: no cells, no watching. One
 * thread serves; a new epoch of an OS is begun by {@link #restart}.
 */
final class SmallNanokernel implements AutoCloseable {
    private static final int RING = 4 << 20;
    private static final int ID_LENGTH = 16;
    private static final int PERIOD_MS = 100;
    private static final int DEADLINE_MS = 500;
    private static final int TURN_MS = 20;

    private final Path directory;
    private final ManagementWriter management;
    private final Doorbells doorbells = new Doorbells();
    private final List<Os> oses = new ArrayList<>();
    private final Map<AttachSession, Os> sessions = new HashMap<>();
    private final SecureRandom random = new SecureRandom();
    private final Thread thread;
    private final AtomicBoolean ending = new AtomicBoolean();
    private volatile @Nullable Os toRestart;
    private volatile CountDownLatch peersMayBeTold = new CountDownLatch(0);

    SmallNanokernel(Path directory, String... names) throws IOException {
        this.directory = directory;
        management = ManagementWriter.create(random(ID_LENGTH));
        for (String name : names) {
            int id = oses.size();
            management.defineOs(id, name, OsKind.PROCESS, new byte[] {2, 'n', 'k', 0, 0, (byte) (id + 1)}, PERIOD_MS,
                DEADLINE_MS);
            oses.add(new Os(id, name, names.length));
        }
        for (Os os : oses) {
            os.beginEpoch();
        }
        thread = new Thread(this::serve, "nanokernel");
        thread.start();
    }

    private byte[] random(int length) {
        byte[] bytes = new byte[length];
        random.nextBytes(bytes);
        return bytes;
    }

    Path socket(String os) {
        return directory.resolve(os).resolve("attach.sock");
    }

    Path token(String os) {
        return directory.resolve(os).resolve("token");
    }

    boolean isReady(String name) {
        return oses.stream().anyMatch(os -> os.name.equals(name) && os.ready);
    }

    /** From now on it stops between ATTACHED and the first PEER, as without a processor, until this is at zero. */
    CountDownLatch stopBeforePeers() {
        peersMayBeTold = new CountDownLatch(1);
        return peersMayBeTold;
    }

    /** Peers as an answer to ATTACH names them, one after the other. */
    private final class Told extends AbstractList<PeerGrant> {
        private final List<PeerGrant> peers;

        Told(List<PeerGrant> peers) {
            this.peers = peers;
        }

        @Override
        public PeerGrant get(int index) {
            try {
                peersMayBeTold.await();
            } catch (InterruptedException e) {
                throw new IllegalStateException(e);
            }
            return peers.get(index);
        }

        @Override
        public int size() {
            return peers.size();
        }
    }

    /** Ends the epoch of an OS and begins the next one; returns when it is done. */
    void restart(String name) throws InterruptedException {
        synchronized (this) {
            toRestart = oses.stream().filter(os -> os.name.equals(name)).findAny().orElseThrow();
            while (toRestart != null) {
                wait();
            }
        }
    }

    private void serve() {
        try (NativeBuffer table = NativeBuffer.allocate(4096)) {
            ByteBuffer entries = table.buffer();
            while (!ending.get()) {
                List<Runnable> handlers = new ArrayList<>();
                for (Os os : oses) {
                    watch(entries, handlers, os.listener, os::accept);
                }
                for (AttachSession session : List.copyOf(sessions.keySet())) {
                    watch(entries, handlers, session.fd(), session::onReadable);
                }
                if (Poll.poll(table.address(), handlers.size(), TURN_MS) > 0) {
                    for (int i = 0; i < handlers.size(); i++) {
                        if (entries.getShort(i * Poll.ENTRY_LENGTH + Poll.RETURNED_EVENTS_OFFSET) != 0) {
                            handlers.get(i).run();
                        }
                    }
                }
                management.beat(System.nanoTime());
                restartIfAsked();
            }
            for (AttachSession session : List.copyOf(sessions.keySet())) {
                session.close();
            }
        }
    }

    private static void watch(ByteBuffer entries, List<Runnable> handlers, int fd, Runnable handler) {
        int at = handlers.size() * Poll.ENTRY_LENGTH;
        entries.putInt(at + Poll.FD_OFFSET, fd).putShort(at + Poll.EVENTS_OFFSET, Poll.IN);
        handlers.add(handler);
    }

    private synchronized void restartIfAsked() {
        Os os = toRestart;
        if (os != null) {
            os.endEpoch();
            try {
                os.beginEpoch();
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            toRestart = null;
            notifyAll();
        }
    }

    @Override
    public void close() {
        ending.set(true);
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        oses.forEach(Os::close);
        doorbells.close();
        management.close();
    }

    /** Runs until the standard input ends: a directory, then names of OSes. */
    public static void main(String[] args) throws IOException {
        SmallNanokernel nanokernel = new SmallNanokernel(Path.of(args[0]), Arrays.copyOfRange(args, 1, args.length));
        while (System.in.read() >= 0) {
            continue;
        }
        nanokernel.close();
    }

    private final class Os implements AttachHost {
        private final int id;
        private final String name;
        private final int count;
        private final int listener;
        private final byte[] token = random(AttachDescriptor.TOKEN_LENGTH);
        private @Nullable OsRegionObject region;
        private @Nullable AttachSession session;
        private int epoch;
        private volatile boolean ready;

        Os(int id, String name, int count) throws IOException {
            this.id = id;
            this.name = name;
            this.count = count;
            Files.createDirectories(socket(name).getParent());
            Files.write(token(name), token);
            listener = Errno.check(UnixSocket.listenSeqPacket(socket(name).toString(), 0600), "listen");
        }

        void beginEpoch() throws IOException {
            int length = OsRegionDescriptor.regionLength(count - 1, RING);
            epoch = management.beginEpoch(id, length, System.nanoTime(), random(ID_LENGTH));
            region = OsRegionObject.create(name, id, epoch, length);
            for (Os peer : oses) {
                if (peer != this && peer.region != null) {
                    openRing(this, peer);
                    openRing(peer, this);
                    if (peer.session != null) {
                        peer.session.peer(grantTo(peer, this));
                    }
                }
            }
        }

        void endEpoch() {
            ready = false;
            if (session != null) {
                session.close();
            }
            for (Os peer : oses) {
                if (peer.session != null) {
                    peer.session.peerGone(id, epoch);
                }
            }
            doorbells.forget(id);
            management.state(id, OsState.STOPPED);
            if (region != null) {
                region.close();
            }
        }

        private void openRing(Os producer, Os consumer) {
            int slot = consumer.id < producer.id ? consumer.id : consumer.id - 1;
            management.openRing(producer.id, consumer.id,
                new RingPlace(OsRegionDescriptor.ringDataOffset(slot, RING), RING));
        }

        void accept() {
            int fd = UnixSocket.accept(listener);
            if (fd >= 0) {
                sessions.put(new AttachSession(fd, this, System.nanoTime()), this);
            }
        }

        private PeerGrant grantTo(Os to, Os peer) throws IOException {
            OsRegionObject object = Objects.requireNonNull(peer.region);
            return new PeerGrant(peer.id, peer.epoch, object.readOnlyFd(),
                OsRegionDescriptor.regionLength(count - 1, RING), doorbells.waiter(peer.id, to.id),
                doorbells.ringer(to.id, peer.id));
        }

        @Override
        public String osName() {
            return name;
        }

        @Override
        public AttachGrant grant() {
            List<PeerGrant> peers = new ArrayList<>();
            try {
                for (Os peer : oses) {
                    if (peer != this) {
                        peers.add(grantTo(this, peer));
                    }
                }
            } catch (IOException e) {
                throw new IllegalStateException(e);
            }
            return new AttachGrant(id, epoch, token, management.readOnlyFd(), ManagementDescriptor.LENGTH,
                Objects.requireNonNull(region).writableFd(),
                OsRegionDescriptor.regionLength(count - 1, RING), new Told(peers));
        }

        @Override
        public @Nullable AttachSession attached() {
            return session;
        }

        @Override
        public void attached(AttachSession attached) {
            session = attached;
        }

        @Override
        public void ready(AttachSession attached) {
            ready = true;
            if (management.region().state(id) == OsState.BOOTING) {
                management.state(id, OsState.RUNNING);
            }
        }

        @Override
        public void panicked(AttachSession session) {
            throw new IllegalStateException("nothing panics in these tests");
        }

        @Override
        public void silent(AttachSession session, int peerId, int peerEpoch) {
            // An endpoint that is stopped or slow on purpose is part of some.
        }

        @Override
        public void lied(AttachSession session, int peerId, int peerEpoch) {
            // Tests of what is hostile look at the endpoint itself.
        }

        @Override
        public void ended(AttachSession ended, String reason) {
            sessions.remove(ended);
            if (session == ended) {
                session = null;
                ready = false;
            }
        }

        void close() {
            Fd.close(listener);
            if (region != null) {
                region.close();
            }
        }
    }
}
