// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.loop.DataLoop;
import org.nanorouter.router.loop.Watch;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.UnixSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The leader's side: knows who stands by, and gives each a duplicate of every TAP's descriptor. On the data loop. */
public final class StandbyDoor implements AutoCloseable {
    /** Standbys at the same time. */
    static final int MAX_STANDBYS = 8;

    private static final Logger LOG = LoggerFactory.getLogger(StandbyDoor.class);
    private static final String SUFFIX = ".standby";
    private static final int CLOSED = -1;
    private static final int MODE = 0600;

    private final DataLoop loop;
    private final Path path;
    private final StandbyMessage message = new StandbyMessage();
    private final Map<String, Integer> taps = new LinkedHashMap<>();
    private final List<Session> sessions = new ArrayList<>();
    private int listener = CLOSED;
    private @Nullable Watch watch;

    /** The door of the leader with this control socket; closed until {@link #listen}. */
    public StandbyDoor(DataLoop loop, Path controlSocket) {
        this.loop = loop;
        this.path = beside(controlSocket);
    }

    /** The socket of the leader with this control socket. */
    static Path beside(Path controlSocket) {
        return controlSocket.resolveSibling(controlSocket.getFileName() + SUFFIX);
    }

    /** Begins to listen; where that fails, standbys open the TAPs anew when they lead. */
    public void listen() {
        try {
            // In use as long as the router before this one is ending.
            listener = Reclaim.ask(() -> Errno.check(UnixSocket.listenSeqPacket(path.toString(), MODE), "make " + path),
                StandbyDoor::isInUse);
            watch = loop.watch(listener, this::accept);
        } catch (IOException e) {
            LOG.warn("standbys get no TAPs: {}", e.getMessage());
        }
    }

    private static boolean isInUse(IOException failure) {
        return failure instanceof ShimException refused && refused.errno() == Errno.EADDRINUSE;
    }

    private final class Session {
        private final int socket;
        private final Watch sessionWatch;
        private long pid;

        Session(int socket) {
            this.socket = socket;
            this.sessionWatch = loop.watch(socket, this::onReadable);
        }

        private void onReadable() {
            char type = message.receive(socket);
            while (type == StandbyMessage.HELLO && pid == 0 && message.text().matches("[1-9][0-9]{0,9}")) {
                pid = Long.parseLong(message.text());
                LOG.info("standby process {} has come", pid);
                tellAll();
                type = message.receive(socket);
            }
            if (type != StandbyMessage.NOTHING) {
                end();
            }
        }

        private void tellAll() {
            taps.forEach((port, descriptor) -> tell(StandbyMessage.TAP, port, descriptor));
            tell(StandbyMessage.ALL, "", StandbyMessage.NO_DESCRIPTOR);
        }

        void tell(char type, String port, int descriptor) {
            if (pid != 0 && !message.send(socket, type, port, descriptor)) {
                LOG.warn("standby process {} takes no message", pid);
            }
        }

        void end() {
            if (sessions.remove(this)) {
                sessionWatch.cancel();
                Fd.close(socket);
                LOG.info("standby process {} is gone", pid);
            }
        }
    }

    private void accept() {
        for (int socket = UnixSocket.accept(listener); socket >= 0; socket = UnixSocket.accept(listener)) {
            if (sessions.size() >= MAX_STANDBYS) {
                LOG.warn("more than {} standbys, one is turned away", MAX_STANDBYS);
                Fd.close(socket);
            } else {
                sessions.add(new Session(socket));
            }
        }
    }

    /** The processes that stand by, oldest first. */
    public List<Long> standbys() {
        return sessions.stream().map(session -> session.pid).filter(pid -> pid != 0).toList();
    }

    /** A port's TAP is open. */
    public void opened(String port, int descriptor) {
        taps.put(port, descriptor);
        List.copyOf(sessions).forEach(session -> session.tell(StandbyMessage.TAP, port, descriptor));
    }

    /** A port's TAP is about to be closed although this router goes on: the standbys are to let go of it, too. */
    public void closing(String port) {
        if (taps.remove(port) != null) {
            List.copyOf(sessions)
                .forEach(session -> session.tell(StandbyMessage.GONE, port, StandbyMessage.NO_DESCRIPTOR));
        }
    }

    /** Lets go of the standbys, which keep what they have. */
    @Override
    public void close() {
        List.copyOf(sessions).forEach(Session::end);
        if (watch != null) {
            watch.cancel();
            watch = null;
            Fd.close(listener);
            listener = CLOSED;
            try {
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.warn("{} was not removed: {}", path, e.toString());
            }
        }
        message.close();
    }
}
