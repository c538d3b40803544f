// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.nio.ByteBuffer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.UnixSocket;

/**
 * The nanokernel's end of the connection of a program that joined; a part of its {@link AttachSession}. Telling a
 * program something may end it, and with that others: whoever is told after its own end is told nothing.
 */
public final class ProgramSession {

    /** Bytes, with what the kernel adds; a queue takes three times as many. */
    private static final int MAX_UNREAD = 64 << 10;

    private final AttachSocket socket;
    private final ProgramHost host;
    private final int id;
    private final int osId;
    private final String osName;
    private final int epoch;
    private final Consumer<String> end;
    private boolean epochEnded;
    private boolean gone;

    /**
     * Begins it.
     *
     * @param id  of the program
     * @param end ends the attach session, with a reason for the log
     */
    ProgramSession(AttachSocket socket, ProgramHost host, int id, int osId, String osName, int epoch,
        Consumer<String> end) {
        this.socket = socket;
        this.host = host;
        this.id = id;
        this.osId = osId;
        this.osName = osName;
        this.epoch = epoch;
        this.end = end;
    }

    /** Id of the program, unique in a boot. */
    public int id() {
        return id;
    }

    /** Id of its OS. */
    public int osId() {
        return osId;
    }

    /** Name of its OS. */
    public String osName() {
        return osName;
    }

    /** The epoch of its OS in which it joined. */
    public int epoch() {
        return epoch;
    }

    int sendJoined(AttachGrant grant) {
        final ByteBuffer out = socket.begin(AttachDescriptor.TYPE_JOINED);
        out.putInt(AttachDescriptor.JOINED_OS_ID_OFFSET, osId);
        out.putInt(AttachDescriptor.JOINED_EPOCH_OFFSET, epoch);
        out.putInt(AttachDescriptor.JOINED_PROGRAM_ID_OFFSET, id);
        out.putLong(AttachDescriptor.JOINED_MANAGEMENT_LENGTH_OFFSET, grant.managementLength());
        socket.attachDescriptor(0, grant.managementFd());
        return socket.send(AttachDescriptor.TYPE_JOINED);
    }

    /** Handles the message last received; false if programs send none of this type. */
    boolean handle(int type) {
        switch (type) {
            case AttachDescriptor.TYPE_OPEN_PORT -> host.openPort(this,
                socket.receivedInt(AttachDescriptor.REQUEST_OFFSET),
                socket.receivedName(AttachDescriptor.OPEN_PORT_NAME_OFFSET),
                socket.receivedInt(AttachDescriptor.OPEN_PORT_CAPACITY_OFFSET));
            case AttachDescriptor.TYPE_CLOSE_PORT ->
                host.closePort(this, socket.receivedInt(AttachDescriptor.CLOSE_ID_OFFSET));
            case AttachDescriptor.TYPE_CONNECT -> host.connect(this,
                socket.receivedInt(AttachDescriptor.REQUEST_OFFSET),
                socket.receivedName(AttachDescriptor.CONNECT_OS_OFFSET),
                socket.receivedName(AttachDescriptor.CONNECT_PORT_OFFSET));
            case AttachDescriptor.TYPE_OPEN_MEMORY -> onOpenMemory();
            case AttachDescriptor.TYPE_OPEN_SYNC -> host.openSync(this,
                socket.receivedInt(AttachDescriptor.REQUEST_OFFSET),
                socket.receivedName(AttachDescriptor.OPEN_SYNC_NAME_OFFSET),
                socket.receivedInt(AttachDescriptor.OPEN_SYNC_KIND_OFFSET),
                socket.receivedInt(AttachDescriptor.OPEN_SYNC_INITIAL_OFFSET),
                socket.receivedInt(AttachDescriptor.OPEN_SYNC_LIMIT_OFFSET));
            case AttachDescriptor.TYPE_LIST -> host.list(this, socket.receivedInt(AttachDescriptor.REQUEST_OFFSET));
            case AttachDescriptor.TYPE_CLOSE ->
                host.close(this, socket.receivedInt(AttachDescriptor.CLOSE_ID_OFFSET));
            default -> {
                return false;
            }
        }
        return true;
    }

    private void onOpenMemory() {
        final int request = socket.receivedInt(AttachDescriptor.REQUEST_OFFSET);
        final String os = socket.receivedName(AttachDescriptor.OPEN_MEMORY_OS_OFFSET);
        final String name = socket.receivedName(AttachDescriptor.OPEN_MEMORY_NAME_OFFSET);
        final long length = socket.receivedLong(AttachDescriptor.OPEN_MEMORY_CREATE_LENGTH_OFFSET);
        final boolean write =
            (socket.receivedInt(AttachDescriptor.OPEN_MEMORY_ACCESS_OFFSET) & AttachDescriptor.ACCESS_WRITE) != 0;
        if (length == 0) {
            host.openMemory(this, request, os, name, write);
        } else {
            host.createMemory(this, request, os, name, length, write);
        }
    }

    /**
     * Whether the program reads what it is told, so that there is room for more. What others make it be told stops
     * where it does not, before it would have to be cut off for it.
     */
    public boolean reads() {
        return UnixSocket.unread(socket.fd()) < MAX_UNREAD;
    }

    /** Answers a request. */
    public void done(int request, int objectId) {
        answer(request, null, objectId, "");
    }

    /** Refuses a request. */
    public void refuse(int request, AttachError error, String text) {
        answer(request, error, 0, text);
    }

    private void answer(int request, @Nullable AttachError error, int objectId, String text) {
        tell(AttachDescriptor.TYPE_ANSWER, "ANSWER", out -> {
            out.putInt(AttachDescriptor.REQUEST_OFFSET, request);
            out.putInt(AttachDescriptor.ANSWER_ERROR_OFFSET, error == null ? 0 : error.value());
            out.putInt(AttachDescriptor.ANSWER_ID_OFFSET, objectId);
            socket.putText(AttachDescriptor.ANSWER_TEXT_OFFSET, AttachDescriptor.REFUSED_TEXT_LENGTH, text);
        });
    }

    /** Gives the program its end of a connection. */
    public void connection(ConnectionGrant grant) {
        tell(AttachDescriptor.TYPE_CONNECTION, "CONNECTION", out -> {
            out.putInt(AttachDescriptor.REQUEST_OFFSET, grant.request());
            out.putInt(AttachDescriptor.CONNECTION_ID_OFFSET, grant.connectionId());
            out.putInt(AttachDescriptor.CONNECTION_PORT_ID_OFFSET, grant.portId());
            out.putInt(AttachDescriptor.CONNECTION_SIDE_OFFSET, grant.side());
            out.putInt(AttachDescriptor.CONNECTION_PEER_OS_OFFSET, grant.peer().osId());
            out.putInt(AttachDescriptor.CONNECTION_PEER_EPOCH_OFFSET, grant.peer().epoch());
            out.putInt(AttachDescriptor.CONNECTION_PEER_PROGRAM_OFFSET, grant.peer().id());
            out.putLong(AttachDescriptor.CONNECTION_HALF_LENGTH_OFFSET, grant.halfLength());
            socket.attachDescriptor(0, grant.ownFd());
            socket.attachDescriptor(1, grant.peerFd());
            socket.attachDescriptor(2, grant.doorbellToWaitOn());
            socket.attachDescriptor(3, grant.doorbellToRing());
        });
    }

    /**
     * Gives the program memory that is the owner's.
     *
     * @param fd which stays the caller's; writable, or opened read-only
     */
    public void memory(int request, int memoryId, ProgramSession owner, boolean writable, long length, int fd) {
        tell(AttachDescriptor.TYPE_MEMORY, "MEMORY", out -> {
            out.putInt(AttachDescriptor.REQUEST_OFFSET, request);
            out.putInt(AttachDescriptor.GRANT_ID_OFFSET, memoryId);
            out.putInt(AttachDescriptor.MEMORY_OWNER_OS_OFFSET, owner.osId());
            out.putInt(AttachDescriptor.MEMORY_OWNER_EPOCH_OFFSET, owner.epoch());
            out.putInt(AttachDescriptor.MEMORY_ACCESS_OFFSET, writable ? AttachDescriptor.ACCESS_WRITE : 0);
            out.putLong(AttachDescriptor.MEMORY_MEMORY_LENGTH_OFFSET, length);
            socket.attachDescriptor(0, fd);
        });
    }

    /**
     * Gives the program a sync object.
     *
     * @param fd of its page, which stays the caller's
     */
    public void sync(int request, int syncId, int fd) {
        tell(AttachDescriptor.TYPE_SYNC, "SYNC", out -> {
            out.putInt(AttachDescriptor.REQUEST_OFFSET, request);
            out.putInt(AttachDescriptor.GRANT_ID_OFFSET, syncId);
            socket.attachDescriptor(0, fd);
        });
    }

    /**
     * Tells the program what there is.
     *
     * @param length bytes of the text
     * @param fd     of the text, opened read-only, which stays the caller's
     */
    public void listing(int request, int length, int fd) {
        tell(AttachDescriptor.TYPE_LISTING, "LISTING", out -> {
            out.putInt(AttachDescriptor.REQUEST_OFFSET, request);
            out.putLong(AttachDescriptor.LISTING_TEXT_LENGTH_OFFSET, length);
            socket.attachDescriptor(0, fd);
        });
    }

    /** Tells the program that the other end of a connection, or the maker of memory, is gone. */
    public void closed(int connectionId, ClosedReason reason) {
        tell(AttachDescriptor.TYPE_CLOSED, "CLOSED", out -> {
            out.putInt(AttachDescriptor.CLOSE_ID_OFFSET, connectionId);
            out.putInt(AttachDescriptor.CLOSED_REASON_OFFSET, reason.value());
        });
    }

    /** One that is gone is told nothing; one that does not read what it is told is cut off. */
    private void tell(int type, String name, Consumer<ByteBuffer> body) {
        if (gone) {
            return;
        }
        body.accept(socket.begin(type));
        final int result = socket.send(type);
        if (result < 0) {
            end.accept("cannot send " + name + ": " + Errno.describe(-result));
        }
    }

    void epochEnds() {
        epochEnded = true;
    }

    void left() {
        gone = true;
        host.left(this, epochEnded);
    }
}
