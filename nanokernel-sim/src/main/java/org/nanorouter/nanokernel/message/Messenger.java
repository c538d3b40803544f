// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.message;

import java.io.IOException;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.attach.ConnectionEnd;
import org.nanorouter.nanokernel.attach.ProgramLink;
import org.nanorouter.nanokernel.attach.ProgramListener;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.WaitSet;

/**
 * A program's ports and connections. One thread uses it and all that comes from it.
 *
 * <pre>
 *   try (Messenger messenger = Messenger.join(System.getenv())) {
 *       MessagePort port = messenger.open("p1");
 *       Message message = port.receive(-1);
 *   }
 * </pre>
 */
public final class Messenger implements AutoCloseable {
    /** Bytes of a port's rings, unless it says otherwise. */
    public static final int DEFAULT_CAPACITY = 256 << 10;

    private static final long ANSWER_MS = 5_000;
    private static final int LINK = 0;
    private static final int MAX_TOKENS = 64;

    private final ProgramLink link;
    private final int waitSet;
    private final NativeBuffer tokens = NativeBuffer.allocate(MAX_TOKENS * Integer.BYTES);
    private final Map<Integer, MessagePort> ports = new HashMap<>();
    private final Map<Integer, Connection> connections = new HashMap<>();
    private final Listener listener = new Listener();
    private @Nullable Connection receivedFrom;
    private @Nullable String lost;
    private int lastRequest;

    private Messenger(ProgramLink link, int waitSet) {
        this.link = link;
        this.waitSet = waitSet;
    }

    /**
     * Joins this OS, as the environment of a program in it says: {@code NK_ATTACH}, {@code NK_OS}, {@code
     * NK_TOKEN_FILE}.
     *
     * @throws AttachRefusedException if the nanokernel says no
     * @throws IOException if it does not answer, or the environment is not that of an OS
     */
    public static Messenger join(Map<String, String> environment) throws IOException {
        return join(Path.of(variable(environment, "NK_ATTACH")), variable(environment, "NK_OS"),
                Path.of(variable(environment, "NK_TOKEN_FILE")));
    }

    private static String variable(Map<String, String> environment, String name) throws IOException {
        String value = environment.get(name);
        if (value == null) {
            throw new IOException(name + " is not set: this is no program in an OS; see 'nanorouter exec'");
        }
        return value;
    }

    /**
     * Joins an OS.
     *
     * @param socketPath its attach socket
     * @param tokenFile  with the token of its incarnation
     */
    public static Messenger join(Path socketPath, String osName, Path tokenFile) throws IOException {
        ProgramLink link = ProgramLink.join(socketPath, osName, tokenFile);
        int waitSet = WaitSet.create();
        int error = waitSet < 0 ? waitSet : WaitSet.add(waitSet, link.fd(), LINK);
        if (error < 0) {
            link.close();
            throw new ShimException(-error, "make a wait set");
        }
        return new Messenger(link, waitSet);
    }

    /** Id of this program, unique in a boot of the nanokernel. */
    public int programId() {
        return link.programId();
    }

    /** Readable when something may have come: for programs that wait for other things too. */
    public int fd() {
        return waitSet;
    }

    /** Opens a port with {@link #DEFAULT_CAPACITY}. */
    public MessagePort open(String name) throws IOException {
        return open(name, DEFAULT_CAPACITY);
    }

    /**
     * Opens a port.
     *
     * @param name     1 to 31 bytes of {@code a-z 0-9 . _ -}, a letter or digit first
     * @param capacity bytes of the ring of each connection, a power of two from 256 KiB to 64 MiB
     * @throws AttachRefusedException if another program of this OS has it, or this one has as many as it may
     */
    public MessagePort open(String name, int capacity) throws IOException {
        checkName(name);
        int request = ++lastRequest;
        MessagePort port = new MessagePort(this, name);
        listener.opening = port;
        try {
            link.openPort(request, name, capacity);
            awaitAnswer(request);
        } finally {
            listener.opening = null;
        }
        return port;
    }

    /**
     * Connects to a port.
     *
     * @throws AttachRefusedException if there is no such OS or port now, or a limit is reached
     */
    public Connection connect(String os, String port) throws IOException {
        checkName(os);
        checkName(port);
        int request = ++lastRequest;
        link.connect(request, os, port);
        awaitAnswer(request);
        Connection made = connections.get(listener.answerId);
        if (made == null) {
            throw new IOException("the nanokernel answered CONNECT without a connection");
        }
        return made;
    }

    private static void checkName(String name) {
        if (name.isEmpty() || name.length() > 31) {
            throw new IllegalArgumentException("'" + name + "' has not 1 to 31 characters");
        }
    }

    private void awaitAnswer(int request) throws IOException {
        long deadline = deadline(ANSWER_MS);
        while (listener.answered != request) {
            long left = left(deadline);
            if (lost != null || left == 0) {
                throw new IOException(lost == null
                        ? "the nanokernel does not answer" : "the nanokernel is lost: " + lost);
            }
            await(left);
        }
        AttachError error = listener.error;
        if (error != null) {
            throw new AttachRefusedException(error, listener.text);
        }
    }

    String nameOf(int osId) {
        return link.management().name(osId);
    }

    @Nullable Message receive(Inbox inbox, @Nullable Connection only, long timeoutMs) throws IOException {
        if (receivedFrom != null) {
            receivedFrom.done();
            receivedFrom = null;
        }
        long deadline = deadline(timeoutMs);
        while (true) {
            Connection next = inbox.next();
            if (next != null) {
                receivedFrom = next;
                return next.message();
            }
            if (only != null && only.isOver()) {
                throw only.gone();
            }
            if (only == null && lost != null && connections.isEmpty()) {
                throw new IOException("the nanokernel is lost: " + lost);
            }
            long left = left(deadline);
            if (await(left) == 0 && left == 0) {
                return null;
            }
        }
    }

    /** Waits until something comes, and marks where; answers how many places. */
    int await(long timeoutMs) {
        int count = WaitSet.await(waitSet, tokens.address(), MAX_TOKENS, (int) Math.min(timeoutMs, Integer.MAX_VALUE));
        for (int i = 0; i < count; i++) {
            int token = tokens.buffer().getInt(i * Integer.BYTES);
            Connection connection = connections.get(token);
            if (token == LINK) {
                link.dispatch(listener);
            } else if (connection != null) {
                connection.rang();
            }
        }
        return Math.max(count, 0);
    }

    /** A point in time, {@link Long#MAX_VALUE} for a timeout of -1. */
    static long deadline(long timeoutMs) {
        return timeoutMs < 0 ? Long.MAX_VALUE : System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMs);
    }

    /** Milliseconds until then, rounded up; -1 for ever. */
    static long left(long deadline) {
        if (deadline == Long.MAX_VALUE) {
            return -1;
        }
        long ns = deadline - System.nanoTime();
        return ns <= 0 ? 0 : (ns + 999_999) / 1_000_000;
    }

    void forget(MessagePort port) throws IOException {
        ports.remove(port.id());
        link.closePort(port.id());
    }

    void forget(Connection connection) {
        if (receivedFrom == connection) {
            receivedFrom = null;
        }
        connections.remove(connection.id());
        WaitSet.remove(waitSet, connection.doorbellIn());
        try {
            link.closeConnection(connection.id());
        } catch (IOException e) {
            // Then the nanokernel is gone, and knows of no connection.
            lost = String.valueOf(e.getMessage());
        }
    }

    private final class Listener implements ProgramListener {
        private @Nullable MessagePort opening;
        private int answered;
        private int answerId;
        private @Nullable AttachError error;
        private String text = "";

        @Override
        public void answered(int request, int id, @Nullable AttachError why, String words) {
            MessagePort port = opening;
            if (port != null && request == lastRequest && why == null) {
                // At once: a connection to it may be what comes next.
                port.opened(id);
                ports.put(id, port);
            }
            answered = request;
            answerId = id;
            error = why;
            text = words;
        }

        @Override
        public void connected(ConnectionEnd end) {
            MessagePort port = ports.get(end.portId());
            if (end.request() == 0 && port == null) {
                // The port was closed meanwhile.
                end.close();
                try {
                    link.closeConnection(end.connectionId());
                } catch (IOException e) {
                    lost = String.valueOf(e.getMessage());
                }
                return;
            }
            Connection connection = new Connection(Messenger.this, end, port == null ? new Inbox() : port.inbox());
            int result = WaitSet.add(waitSet, end.doorbellIn(), end.connectionId());
            if (result < 0) {
                lost = "add a doorbell to the wait set: " + Errno.describe(-result);
            }
            connections.put(end.connectionId(), connection);
            connection.rang();
            if (end.request() != 0) {
                answered(end.request(), end.connectionId(), null, "");
            }
        }

        @Override
        public void closed(int connectionId, ClosedReason reason) {
            Connection connection = connections.get(connectionId);
            if (connection != null) {
                connection.closedByPeer(reason);
            }
        }

        @Override
        public void lost(String reason) {
            lost = reason;
        }
    }

    /** Leaves the OS: ports and connections are closed, and the other ends are told. */
    @Override
    public void close() {
        receivedFrom = null;
        connections.values().forEach(Connection::free);
        connections.clear();
        link.close();
        Fd.close(waitSet);
        tokens.close();
    }
}
