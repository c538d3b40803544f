// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.attach.AttachGrant;
import org.nanorouter.nanokernel.attach.AttachHost;
import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.UnixSocket;

/** A nanokernel for rehearsals: on a {@link Stage}, for one router of this process. A thread of its own serves. */
public final class StageNanokernel implements AttachHost, AutoCloseable {
    private static final int MODE = 0600;
    private static final int POLL_MS = 5;

    private final Path socket;
    private final Path tokenFile;
    private final Stage stage = new Stage();
    private final int listener;
    private final List<AttachSession> sessions = new ArrayList<>();
    private final Thread thread = new Thread(this::run, "stage");
    private @Nullable AttachSession attached;
    private volatile boolean closing;

    /**
     * Begins to serve.
     *
     * @param directory for the attach socket and the token, which the caller removes
     */
    public StageNanokernel(Path directory) throws IOException {
        socket = directory.resolve("attach");
        tokenFile = directory.resolve("token");
        Files.write(tokenFile, Stage.TOKEN);
        listener = UnixSocket.listenSeqPacket(socket.toString(), MODE);
        if (listener < 0) {
            stage.close();
        }
        Errno.check(listener, "make " + socket);
        thread.setDaemon(true);
        thread.start();
    }

    /** The attach socket of the OS that a router may be of. */
    public Path socket() {
        return socket;
    }

    /** File with the token of that OS. */
    public Path tokenFile() {
        return tokenFile;
    }

    private void run() {
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            ByteBuffer memory = entry.buffer();
            while (!closing) {
                int fd = sessions.isEmpty() ? listener : sessions.get(0).fd();
                memory.putInt(Poll.FD_OFFSET, fd).putShort(Poll.EVENTS_OFFSET, Poll.IN);
                Poll.poll(entry.address(), 1, POLL_MS);
                int accepted = sessions.isEmpty() ? UnixSocket.accept(listener) : -1;
                if (accepted >= 0) {
                    sessions.add(new AttachSession(accepted, this, System.nanoTime()));
                }
                List.copyOf(sessions).forEach(AttachSession::onReadable);
            }
        }
    }

    @Override
    public String osName() {
        return Stage.OWN_NAME;
    }

    @Override
    public AttachGrant grant() {
        try {
            return stage.grant();
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
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
        // Nobody waits for it.
    }

    @Override
    public void panicked(AttachSession session) {
        // As above.
    }

    @Override
    public void silent(AttachSession session, int peerId, int peerEpoch) {
        // As above.
    }

    @Override
    public void lied(AttachSession session, int peerId, int peerEpoch) {
        // As above.
    }

    @Override
    public void ended(AttachSession session, String reason) {
        sessions.remove(session);
        attached = null;
    }

    @Override
    public void close() {
        closing = true;
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        List.copyOf(sessions).forEach(AttachSession::close);
        Fd.close(listener);
        stage.close();
    }
}
