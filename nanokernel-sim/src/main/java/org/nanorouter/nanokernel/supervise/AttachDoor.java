// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.attach.AttachGrant;
import org.nanorouter.nanokernel.attach.AttachHost;
import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.nanokernel.attach.ProgramHost;
import org.nanorouter.nanokernel.attach.ProgramSession;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.UnixSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The attach socket of one OS and the connections to it: its endpoint's, its programs', and a few that have still to
 * say which they are.
 */
final class AttachDoor implements AttachHost {
    private static final Logger LOG = LoggerFactory.getLogger(AttachDoor.class);
    private static final int CLOSED = -1;
    private static final int MODE = 0600;
    private static final int MAX_UNKNOWN = 8;
    private static final int MAX_PROGRAMS = 64;
    private static final long DEADLINE_SLACK_NS = 10_000_000;
    private static final long RETRY_NS = 1_000_000_000;

    private final PollLoop loop;
    private final Machine machine;
    private final ManagedOs os;
    private final Ledger ledger;
    private final Set<AttachSession> sessions = new HashSet<>();
    private @Nullable AttachSession attached;
    private int listener = CLOSED;

    AttachDoor(PollLoop loop, Machine machine, ManagedOs os, Ledger ledger) {
        this.loop = loop;
        this.ledger = ledger;
        this.machine = machine;
        this.os = os;
    }

    /** Listens at a path; a listener of an epoch before is closed. */
    void open(Path path) throws ShimException {
        closeListener();
        adopt(Errno.check(UnixSocket.listenSeqPacket(path.toString(), MODE), "make the attach socket " + path));
        ledger.keepDoor(os.name(), listener);
    }

    /** Takes over a socket that listens already; who came while nobody looked waits in its queue. */
    void adopt(int newListener) {
        listener = newListener;
        loop.add(listener, this::accept);
    }

    private void accept() {
        int fd = UnixSocket.accept(listener);
        if (fd == -Errno.EMFILE || fd == -Errno.ENFILE) {
            // Who waits stays in the queue; looking at once again would only spin.
            int paused = listener;
            os.log(() -> LOG.warn("{}: no descriptor for another attach connection", os.name()));
            loop.remove(paused);
            loop.schedule(RETRY_NS, () -> resume(paused));
        } else if (fd >= 0 && count(AttachSession.State.CONNECTED) >= MAX_UNKNOWN) {
            os.log(() -> LOG.warn("{}: more than {} connections that say neither ATTACH nor JOIN, one is closed",
                    os.name(), MAX_UNKNOWN));
            Fd.close(fd);
        } else if (fd >= 0) {
            AttachSession session = begin(fd);
            loop.schedule(AttachSession.ATTACH_DEADLINE_NS + DEADLINE_SLACK_NS,
                    () -> session.onTime(loop.nanoTime()));
        }
    }

    private AttachSession begin(int fd) {
        AttachSession session = new AttachSession(fd, this, loop.nanoTime());
        sessions.add(session);
        loop.add(fd, session::onReadable);
        return session;
    }

    /** Goes on with a program that had joined a nanokernel which was killed. */
    ProgramSession resume(int epoch, int programId, int fd) {
        return begin(fd).resume(machine.view().switchboard(), programId, os.id(), epoch);
    }

    private long count(AttachSession.State state) {
        return sessions.stream().filter(session -> session.state() == state).count();
    }

    private void resume(int paused) {
        if (paused == listener) {
            loop.add(listener, this::accept);
        }
    }

    /** Ends all connections; the socket goes on, to tell who comes that the OS is not running. */
    void endSessions() {
        // All first: what one leaves behind is told to others, as of an epoch that ended.
        sessions.forEach(AttachSession::epochEnds);
        List.copyOf(sessions).forEach(AttachSession::close);
    }

    void close() {
        endSessions();
        closeListener();
    }

    private void closeListener() {
        if (listener != CLOSED) {
            loop.remove(listener);
            Fd.close(listener);
            listener = CLOSED;
        }
    }

    @Override
    public String osName() {
        return os.name();
    }

    @Override
    public long now() {
        return loop.nanoTime();
    }

    @Override
    public @Nullable AttachGrant grant() {
        return machine.grant(os);
    }

    @Override
    public @Nullable AttachSession attached() {
        return attached;
    }

    @Override
    public @Nullable ProgramHost programs() {
        return count(AttachSession.State.JOINED) >= MAX_PROGRAMS ? null : machine.view().switchboard();
    }

    @Override
    public void attached(AttachSession session) {
        attached = session;
        os.log(() -> LOG.info("{}: an endpoint attached, epoch {}", os.name(), os.epoch()));
    }

    @Override
    public void ready(AttachSession session) {
        machine.ready(os);
    }

    @Override
    public void panicked(AttachSession session) {
        machine.panicked(os);
    }

    @Override
    public void silent(AttachSession session, int peerId, int peerEpoch) {
        machine.silent(os, peerId, peerEpoch);
    }

    @Override
    public void lied(AttachSession session, int peerId, int peerEpoch) {
        machine.lied(os, peerId, peerEpoch);
    }

    @Override
    public void ended(AttachSession session, String reason) {
        sessions.remove(session);
        loop.remove(session.fd());
        if (session == attached) {
            attached = null;
            os.log(() -> LOG.info("{}: its endpoint detached: {}", os.name(), reason));
            machine.detached(os, reason);
        } else {
            os.log(() -> LOG.info("{}: an attach connection ended: {}", os.name(), reason));
        }
    }
}
