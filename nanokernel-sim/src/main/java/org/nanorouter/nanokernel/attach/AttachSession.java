// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.security.MessageDigest;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.UnixSocket;

/**
 * The nanokernel's end of one attach connection. The owner of the poll loop calls {@link #onReadable} when {@link
 * #fd} is readable or hung up, {@link #onTime} now and then, and {@link #peer} and {@link #peerGone} on the attached
 * session as other OSes come and go.
 */
public final class AttachSession implements AutoCloseable {

    /** How long an OS may take from connecting to ATTACH. */
    public static final long ATTACH_DEADLINE_NS = 1_000_000_000L;

    private static final int MAX_MESSAGES_A_TURN = 16;
    /** In messages: all that there is in a machine is much to write down. */
    private static final int LISTING_COST = 50;

    /** Where a session stands; it goes through the constants in their order and may skip some. */
    public enum State {

        /** Nothing received; only ATTACH is allowed. */
        CONNECTED,

        /** ATTACHED, PEERs and SYNCED are sent; READY is allowed. */
        ATTACHED,

        /** READY was received; allowed again, without effect. */
        READY,

        /** JOINED is sent; the requests of a program are allowed. */
        JOINED,

        /** The descriptor is closed; every call is without effect. */
        ENDED
    }

    private final AttachSocket socket;
    private final AttachHost host;
    private final long connectedAt;
    private final MessageBudget budget;
    private State state = State.CONNECTED;
    /** Of a session that joined. */
    private @Nullable ProgramSession program;

    /**
     * Takes over an accepted descriptor.
     *
     * @param now the time in ns, of the same clock as {@link #onTime}
     */
    public AttachSession(int fd, AttachHost host, long now) {
        this.socket = new AttachSocket(fd, true);
        this.host = host;
        this.connectedAt = now;
        this.budget = new MessageBudget(now);
    }

    /** Descriptor to wait on for reading. */
    public int fd() {
        return socket.fd();
    }

    /** The endpoint's process as the nanokernel numbers it, at the time when it connected; 0 or less: not known. */
    public int peerPid() {
        return UnixSocket.peerPid(socket.fd());
    }

    /** Where the session stands. */
    public State state() {
        return state;
    }

    /** Receives and handles what waits; of an OS that sends without end, only so much that others have their turn. */
    public void onReadable() {
        for (int left = MAX_MESSAGES_A_TURN; left > 0 && state != State.ENDED; left--) {
            final int type = socket.receive();
            if (type == AttachSocket.NOTHING) {
                return;
            }
            handle(type);
        }
    }

    private void handle(int type) {
        if (type == AttachSocket.ENDED) {
            end(socket.problem());
        } else if (type == AttachSocket.BROKEN) {
            refuse(socket.error(), socket.problem());
        } else if (!budget.take(host.now(), type == AttachDescriptor.TYPE_LIST ? LISTING_COST : 1)) {
            refuse(AttachError.LIMIT, "more than " + MessageBudget.PER_SECOND + " messages a second");
        } else if (program != null) {
            if (!program.handle(type)) {
                refuse(AttachError.BAD_MESSAGE, "type=" + type + " of a program");
            }
        } else if (type == AttachDescriptor.TYPE_ATTACH && state == State.CONNECTED) {
            attach();
        } else if (type == AttachDescriptor.TYPE_JOIN && state == State.CONNECTED) {
            join();
        } else if (type == AttachDescriptor.TYPE_READY && state != State.CONNECTED) {
            if (state == State.ATTACHED) {
                state = State.READY;
                host.ready(this);
            }
        } else if (type == AttachDescriptor.TYPE_PANIC && state != State.CONNECTED) {
            host.panicked(this);
        } else if (type == AttachDescriptor.TYPE_SILENT && state != State.CONNECTED) {
            host.silent(this, socket.receivedInt(AttachDescriptor.PEER_ID_OFFSET),
                socket.receivedInt(AttachDescriptor.PEER_EPOCH_OFFSET));
        } else if (type == AttachDescriptor.TYPE_LIED && state != State.CONNECTED) {
            host.lied(this, socket.receivedInt(AttachDescriptor.PEER_ID_OFFSET),
                socket.receivedInt(AttachDescriptor.PEER_EPOCH_OFFSET));
        } else {
            refuse(AttachError.BAD_MESSAGE, "type=" + type + " in state " + state);
        }
    }

    /** What the OS may have, if its name and the token of ATTACH or JOIN are right; else it is refused. */
    private @Nullable AttachGrant admit() {
        final String name = socket.receivedName(AttachDescriptor.ATTACH_NAME_OFFSET);
        final byte[] token =
            socket.receivedBytes(AttachDescriptor.ATTACH_TOKEN_OFFSET, AttachDescriptor.TOKEN_LENGTH);
        if (!name.equals(host.osName())) {
            refuse(AttachError.UNKNOWN_OS, "this is the socket of OS " + host.osName());
            return null;
        }
        final AttachGrant grant = host.grant();
        if (grant == null) {
            refuse(AttachError.NOT_RUNNING, "OS " + host.osName() + " has no region now");
            return null;
        }
        if (!MessageDigest.isEqual(token, grant.token())) {
            refuse(AttachError.BAD_TOKEN, "the token is not that of this incarnation of OS " + host.osName());
            return null;
        }
        return grant;
    }

    private void attach() {
        final AttachGrant grant = admit();
        if (grant == null) {
            return;
        }
        final AttachSession before = host.attached();
        if (before != null) {
            // It may have died and nobody looked yet.
            before.onReadable();
        }
        if (host.attached() != null) {
            refuse(AttachError.BUSY, "another endpoint is attached to OS " + host.osName());
            return;
        }
        boolean sent = check(socket.sendAttached(grant), "ATTACHED");
        for (final PeerGrant peer : grant.peers()) {
            sent = sent && check(socket.sendPeer(peer), "PEER");
        }
        if (sent && check(socket.sendSynced(), "SYNCED")) {
            state = State.ATTACHED;
            host.attached(this);
        }
    }

    private void join() {
        final AttachGrant grant = admit();
        if (grant == null) {
            return;
        }
        final ProgramHost programs = host.programs();
        if (programs == null) {
            refuse(AttachError.LIMIT, "OS " + host.osName() + " has as many programs as it may have");
            return;
        }
        final ProgramSession joined = new ProgramSession(socket, programs, programs.nextProgram(), grant.osId(),
            host.osName(), grant.epoch(), this::end);
        program = joined;
        programs.joined(joined, socket.fd());
        if (check(joined.sendJoined(grant), "JOINED")) {
            state = State.JOINED;
        }
    }

    /** Goes on with a program that had joined a nanokernel which was killed. */
    public ProgramSession resume(ProgramHost programs, int programId, int osId, int epoch) {
        final ProgramSession joined =
            new ProgramSession(socket, programs, programId, osId, host.osName(), epoch, this::end);
        program = joined;
        state = State.JOINED;
        return joined;
    }

    /** Ends a session whose OS connected and sent no ATTACH in time. */
    public void onTime(long now) {
        if (state == State.CONNECTED && now - connectedAt > ATTACH_DEADLINE_NS) {
            refuse(AttachError.BAD_MESSAGE, "no ATTACH within " + ATTACH_DEADLINE_NS / 1_000_000 + " ms");
        }
    }

    /** Tells an attached OS of a peer's new epoch. */
    public void peer(PeerGrant peer) {
        if (state == State.ATTACHED || state == State.READY) {
            check(socket.sendPeer(peer), "PEER");
        }
    }

    /** Tells an attached OS that an epoch of a peer has ended. */
    public void peerGone(int peerId, int peerEpoch) {
        if (state == State.ATTACHED || state == State.READY) {
            check(socket.sendPeerGone(peerId, peerEpoch), "PEER_GONE");
        }
    }

    /** Sends REFUSED and ends the session. */
    public void refuse(AttachError error, String text) {
        if (state != State.ENDED) {
            socket.sendRefused(error, text);
            end("refused: " + error + ": " + text);
        }
    }

    /** The end that comes is that of the OS's epoch. */
    public void epochEnds() {
        if (program != null) {
            program.epochEnds();
        }
    }

    /** Ends the session, as at the end of the OS's epoch or of the nanokernel. */
    @Override
    public void close() {
        epochEnds();
        end("ended by the nanokernel");
    }

    private boolean check(int result, String message) {
        if (result < 0) {
            end("cannot send " + message + ": " + Errno.describe(-result));
        }
        return result >= 0;
    }

    private void end(String reason) {
        if (state != State.ENDED) {
            state = State.ENDED;
            if (program != null) {
                program.left();
            }
            host.ended(this, reason);
            socket.close();
        }
    }
}
