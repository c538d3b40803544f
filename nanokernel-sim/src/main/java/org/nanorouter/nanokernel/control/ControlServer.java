// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.control;

import java.io.IOException;
import java.net.BindException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashSet;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Serves a control socket on a thread of its own until it is closed. */
public final class ControlServer implements AutoCloseable {
    /** Clients at the same time. */
    public static final int MAX_CLIENTS = 16;
    /** Bytes of one request, without the end of its line. */
    public static final int MAX_REQUEST = 64 << 10;
    /** Bytes of a unix socket's path that the kernel takes. */
    public static final int MAX_PATH = SocketFile.MAX_PATH;

    private static final Logger LOG = LoggerFactory.getLogger(ControlServer.class);
    private static final long CLOSE_WAIT_MS = 2_000;

    private final Path path;
    private final ControlHandler handler;
    private final ServerSocketChannel listener;
    private final Selector selector;
    private final Collection<ControlSession> sessions = new HashSet<>();
    private final Thread thread;
    private volatile boolean closing;

    private ControlServer(Path path, ControlHandler handler) throws IOException {
        this.path = path;
        this.handler = handler;
        this.listener = bind(path);
        this.selector = Selector.open();
        listener.configureBlocking(false);
        listener.register(selector, SelectionKey.OP_ACCEPT);
        this.thread = new Thread(this::serve, "control");
        thread.setDaemon(true);
    }

    /**
     * Creates the socket with mode 0600 and begins to serve it. A socket that nobody serves any more is replaced.
     *
     * @throws BindException if another process serves this path
     */
    public static ControlServer start(Path path, ControlHandler handler) throws IOException {
        ControlServer server = new ControlServer(path, handler);
        server.thread.start();
        return server;
    }

    public Path path() {
        return path;
    }

    private static ServerSocketChannel bind(Path path) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            SocketFile.create(path, hidden -> channel.bind(UnixDomainSocketAddress.of(hidden)));
            return channel;
        } catch (IOException e) {
            channel.close();
            throw e;
        }
    }

    private void serve() {
        try {
            while (!closing) {
                selector.select();
                for (SelectionKey key : selector.selectedKeys()) {
                    if (key.isValid()) {
                        dispatch(key);
                    }
                }
                selector.selectedKeys().clear();
            }
        } catch (IOException e) {
            LOG.error("control socket {} is given up", path, e);
        } finally {
            sessions.forEach(ControlSession::close);
        }
    }

    private void dispatch(SelectionKey key) {
        if (key.attachment() instanceof ControlSession session) {
            if (!session.process(handler)) {
                session.close();
                sessions.remove(session);
            }
            return;
        }
        try {
            SocketChannel client = listener.accept();
            if (client != null) {
                admit(client);
            }
        } catch (IOException e) {
            LOG.warn("control socket {}: a client was not accepted: {}", path, e.toString());
        }
    }

    private void admit(SocketChannel client) throws IOException {
        client.configureBlocking(false);
        ControlSession session = new ControlSession(client, client.register(selector, SelectionKey.OP_READ));
        if (sessions.size() >= MAX_CLIENTS) {
            session.refuse(new ControlException(ControlException.UNAVAILABLE, "too many clients: " + MAX_CLIENTS));
            session.close();
            return;
        }
        session.attach();
        sessions.add(session);
    }

    /** Ends all connections and removes the socket. */
    @Override
    public void close() {
        closing = true;
        selector.wakeup();
        try {
            if (Thread.currentThread() != thread) {
                thread.join(CLOSE_WAIT_MS);
            }
            listener.close();
            selector.close();
            Files.deleteIfExists(path);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        } catch (IOException e) {
            LOG.warn("control socket {} was not removed: {}", path, e.toString());
        }
    }
}
