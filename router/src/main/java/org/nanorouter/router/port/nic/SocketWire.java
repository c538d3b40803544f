// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortState;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.UnixSocket;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Unix datagram sockets: one to receive by, at a path of ours, and one to send by, connected to the peer's path.
 *
 * <p>Two, because a connected datagram socket refuses everybody but the very socket that it is connected to: a peer
 * that was started anew could not reach us until we noticed. Without connection, receiving goes on whatever happens to
 * the peer; who may send is decided by the mode of our path, 0600.
 *
 * <p>The state follows the sending side: down until the peer's path leads to somebody, and when he is gone. While it is
 * down, the peer is looked for at intervals.
 */
final class SocketWire implements Wire {
    private static final Logger LOG = LoggerFactory.getLogger(SocketWire.class);

    /** Nanoseconds between two looks for the peer. */
    static final long RETRY_INTERVAL = 250_000_000;

    private static final int OWNER_ONLY = 0600;

    private final Path local;
    private final Path remote;
    private final String remoteText;
    private final int receiver;
    private final int sender;
    private boolean connected;
    /** Looked for at least once, so that {@link #retryAt} holds. */
    private boolean tried;
    private long retryAt;
    private long connects;

    private SocketWire(Path local, Path remote, int receiver, int sender) {
        this.local = local;
        this.remote = remote;
        this.remoteText = remote.toString();
        this.receiver = receiver;
        this.sender = sender;
    }

    /**
     * Binds the local path.
     *
     * @throws ShimException EADDRINUSE if somebody receives there
     */
    static SocketWire open(Path local, Path remote) throws ShimException {
        int receiver = Errno.check(UnixSocket.datagramBind(local.toString(), OWNER_ONLY), "bind " + local);
        // A datagram socket that was never bound has no name, and this one needs none: its path is removed at once.
        Path unnamed = Path.of(local + "~");
        int sender = UnixSocket.datagramBind(unnamed.toString(), OWNER_ONLY);
        if (sender < 0) {
            Fd.close(receiver);
            remove(local);
            throw new ShimException(-sender, "bind " + unnamed);
        }
        remove(unnamed);
        return new SocketWire(local, remote, receiver, sender);
    }

    @Override
    public String kind() {
        return "socket";
    }

    @Override
    public PortState state() {
        return connected ? PortState.UP : PortState.DOWN;
    }

    @Override
    public int readinessDescriptor() {
        return receiver;
    }

    @Override
    public long nextReceiveAt() {
        return connected ? Port.NEVER : tried ? retryAt : AT_ONCE;
    }

    @Override
    public int receive(FrameSlots slots, long now) {
        if (!connected) {
            connect(now);
        }
        return Math.max(0, UnixSocket.receiveBatch(receiver, slots.tableAddress(), slots.capacity()));
    }

    /** Looks for the peer if it is time to. */
    private int connect(long now) {
        if (tried && now - retryAt < 0) {
            return -Errno.ENOTCONN;
        }
        int result = UnixSocket.datagramConnect(sender, remoteText);
        tried = true;
        retryAt = now + RETRY_INTERVAL;
        connected = result == 0;
        if (connected) {
            connects++;
        }
        return result;
    }

    @Override
    public int send(FrameSlots slots, int first, int count, long now) {
        int done = 0;
        // Twice: the peer at the path may be another one now.
        for (int attempt = 0; attempt < 2 && done < count; attempt++) {
            if (!connected) {
                int result = connect(now);
                if (result < 0) {
                    slots.result(first + done, result);
                    return done;
                }
            }
            done += Math.max(0, UnixSocket.sendBatch(sender, slots.tableAddress(first + done), count - done));
            if (done == count || !isGone(slots.result(first + done))) {
                return done;
            }
            connected = false;
        }
        return done;
    }

    private static boolean isGone(int result) {
        return result == -Errno.ECONNREFUSED || result == -Errno.ENOTCONN || result == -Errno.ECONNRESET
                || result == -Errno.EPIPE || result == -Errno.ENOENT;
    }

    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("local", local.toString());
        details.put("remote", remoteText);
        details.put("connected", connected);
        details.put("connects", connects);
        return details;
    }

    @Override
    public void close() {
        Fd.close(receiver);
        Fd.close(sender);
        remove(local);
    }

    private static void remove(Path path) {
        if (!path.toFile().delete() && Files.exists(path)) {
            LOG.warn("cannot remove {}", path);
        }
    }
}
