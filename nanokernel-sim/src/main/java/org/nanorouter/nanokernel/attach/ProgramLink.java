// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.memory.BadRegionException;
import org.nanorouter.nanokernel.memory.ManagementRegion;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.ShimException;

/**
 * A program's connection to the nanokernel ({@code docs/abi.md} section 6): asks, and hands what comes to a listener.
 * One thread uses it.
 */
public final class ProgramLink implements AutoCloseable {

    private static final int CLOSED = -1;
    private static final long SEND_DEADLINE_NS = 5_000_000_000L;
    private static final int POLL_MS = 100;

    private final ManagementRegion management;
    private final int osId;
    private final int epoch;
    private final int programId;
    private @Nullable AttachSocket socket;

    private ProgramLink(AttachSocket socket, ManagementRegion management) {
        this.socket = socket;
        this.management = management;
        this.osId = socket.receivedInt(AttachDescriptor.JOINED_OS_ID_OFFSET);
        this.epoch = socket.receivedInt(AttachDescriptor.JOINED_EPOCH_OFFSET);
        this.programId = socket.receivedInt(AttachDescriptor.JOINED_PROGRAM_ID_OFFSET);
    }

    /**
     * Connects, joins, and waits for the answer.
     *
     * @param socketPath attach socket of the OS
     * @param osName name of the OS
     * @param tokenFile file with the token of the OS's incarnation
     * @throws AttachRefusedException if the nanokernel says no
     * @throws IOException if nobody listens, nobody answers in time, or the answer breaks the ABI
     */
    public static ProgramLink join(Path socketPath, String osName, Path tokenFile) throws IOException {
        final AttachSocket socket = Dial.open(socketPath, osName, tokenFile, AttachDescriptor.TYPE_JOIN,
            AttachDescriptor.TYPE_JOINED);
        try {
            return new ProgramLink(socket, ManagementRegion.map(socket.descriptor(0),
                socket.receivedLong(AttachDescriptor.JOINED_MANAGEMENT_LENGTH_OFFSET)));
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** Descriptor to wait on for reading; -1 once it is lost. */
    public int fd() {
        return socket == null ? CLOSED : socket.fd();
    }

    /** Id of this OS. */
    public int osId() {
        return osId;
    }

    /** The epoch of this OS in which the program joined. */
    public int epoch() {
        return epoch;
    }

    /** Id of this program, unique in a boot of the nanokernel. */
    public int programId() {
        return programId;
    }

    /** The table of OSes. */
    public ManagementRegion management() {
        return management;
    }

    /**
     * Asks for a port; {@link ProgramListener#answered} follows.
     *
     * @param capacity bytes of the ring of each connection to it, and as many for the way back
     */
    public void openPort(int request, String name, int capacity) throws IOException {
        final ByteBuffer out = begin(AttachDescriptor.TYPE_OPEN_PORT);
        out.putInt(AttachDescriptor.REQUEST_OFFSET, request);
        out.putInt(AttachDescriptor.OPEN_PORT_CAPACITY_OFFSET, capacity);
        socket().putText(AttachDescriptor.OPEN_PORT_NAME_OFFSET, AbiDescriptor.NAME_LENGTH, name);
        send(AttachDescriptor.TYPE_OPEN_PORT, "OPEN_PORT");
    }

    /** Gives a port up; its connections stay. */
    public void closePort(int portId) throws IOException {
        begin(AttachDescriptor.TYPE_CLOSE_PORT).putInt(AttachDescriptor.CLOSE_ID_OFFSET, portId);
        send(AttachDescriptor.TYPE_CLOSE_PORT, "CLOSE_PORT");
    }

    /** Asks for a connection; {@link ProgramListener#connected} or {@link ProgramListener#answered} follows. */
    public void connect(int request, String os, String port) throws IOException {
        begin(AttachDescriptor.TYPE_CONNECT).putInt(AttachDescriptor.REQUEST_OFFSET, request);
        socket().putText(AttachDescriptor.CONNECT_OS_OFFSET, AbiDescriptor.NAME_LENGTH, os);
        socket().putText(AttachDescriptor.CONNECT_PORT_OFFSET, AbiDescriptor.NAME_LENGTH, port);
        send(AttachDescriptor.TYPE_CONNECT, "CONNECT");
    }

    /**
     * Asks for memory; {@link ProgramListener#granted} or {@link ProgramListener#answered} follows.
     *
     * @param write with a length: others may write, too; without: this program is to write
     * @param createLength bytes of memory that is to be made; 0: it is there
     * @param os name of the OS of which a program made it; this one, if it is to be made
     */
    public void openMemory(int request, String os, String name, long createLength, boolean write) throws IOException {
        final ByteBuffer out = begin(AttachDescriptor.TYPE_OPEN_MEMORY);
        out.putInt(AttachDescriptor.REQUEST_OFFSET, request);
        out.putInt(AttachDescriptor.OPEN_MEMORY_ACCESS_OFFSET, write ? AttachDescriptor.ACCESS_WRITE : 0);
        out.putLong(AttachDescriptor.OPEN_MEMORY_CREATE_LENGTH_OFFSET, createLength);
        socket().putText(AttachDescriptor.OPEN_MEMORY_OS_OFFSET, AbiDescriptor.NAME_LENGTH, os);
        socket().putText(AttachDescriptor.OPEN_MEMORY_NAME_OFFSET, AbiDescriptor.NAME_LENGTH, name);
        send(AttachDescriptor.TYPE_OPEN_MEMORY, "OPEN_MEMORY");
    }

    /** Asks for a sync object; {@link ProgramListener#granted} or {@link ProgramListener#answered} follows. */
    public void openSync(int request, String name, SyncKind kind, int initial, int limit) throws IOException {
        final ByteBuffer out = begin(AttachDescriptor.TYPE_OPEN_SYNC);
        out.putInt(AttachDescriptor.REQUEST_OFFSET, request);
        out.putInt(AttachDescriptor.OPEN_SYNC_KIND_OFFSET, kind.value());
        out.putInt(AttachDescriptor.OPEN_SYNC_INITIAL_OFFSET, initial);
        out.putInt(AttachDescriptor.OPEN_SYNC_LIMIT_OFFSET, limit);
        socket().putText(AttachDescriptor.OPEN_SYNC_NAME_OFFSET, AbiDescriptor.NAME_LENGTH, name);
        send(AttachDescriptor.TYPE_OPEN_SYNC, "OPEN_SYNC");
    }

    /** Asks what there is; {@link ProgramListener#listed} or {@link ProgramListener#answered} follows. */
    public void list(int request) throws IOException {
        begin(AttachDescriptor.TYPE_LIST).putInt(AttachDescriptor.REQUEST_OFFSET, request);
        send(AttachDescriptor.TYPE_LIST, "LIST");
    }

    /** Gives a connection, memory or a sync object up. */
    public void giveUp(int id) throws IOException {
        begin(AttachDescriptor.TYPE_CLOSE).putInt(AttachDescriptor.CLOSE_ID_OFFSET, id);
        send(AttachDescriptor.TYPE_CLOSE, "CLOSE");
    }

    private AttachSocket socket() throws IOException {
        if (socket == null) {
            throw new IOException("the connection to the nanokernel was lost");
        }
        return socket;
    }

    private ByteBuffer begin(int type) throws IOException {
        return socket().begin(type);
    }

    private void send(int type, String name) throws IOException {
        final AttachSocket to = socket();
        int result = to.send(type);
        final long deadline = System.nanoTime() + SEND_DEADLINE_NS;
        while (result == -Errno.EAGAIN && System.nanoTime() < deadline) {
            // The nanokernel reads whatever comes.
            try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
                entry.buffer().putInt(Poll.FD_OFFSET, to.fd()).putShort(Poll.EVENTS_OFFSET, Poll.OUT);
                Poll.poll(entry.address(), 1, POLL_MS);
            }
            result = to.send(type);
        }
        Errno.check(result, "send " + name);
    }

    /** Handles every message that waits. */
    public void dispatch(ProgramListener listener) {
        while (socket != null) {
            final int type = socket.receive();
            switch (type) {
                case AttachSocket.NOTHING -> {
                    return;
                }
                case AttachDescriptor.TYPE_ANSWER -> onAnswer(socket, listener);
                case AttachDescriptor.TYPE_CONNECTION -> onConnection(socket, listener);
                case AttachDescriptor.TYPE_CLOSED -> onClosed(socket, listener);
                case AttachDescriptor.TYPE_MEMORY -> onMemory(socket, listener);
                case AttachDescriptor.TYPE_SYNC -> onSync(socket, listener);
                case AttachDescriptor.TYPE_LISTING -> onListing(socket, listener);
                case AttachDescriptor.TYPE_REFUSED -> lose(Dial.refusal(socket).getMessage(), listener);
                case AttachSocket.ENDED, AttachSocket.BROKEN -> lose(socket.problem(), listener);
                default -> lose("message type " + type + " to a program", listener);
            }
        }
    }

    private static void onAnswer(AttachSocket from, ProgramListener listener) {
        listener.answered(from.receivedInt(AttachDescriptor.REQUEST_OFFSET),
            from.receivedInt(AttachDescriptor.ANSWER_ID_OFFSET),
            AttachError.of(from.receivedInt(AttachDescriptor.ANSWER_ERROR_OFFSET)),
            from.receivedText(AttachDescriptor.ANSWER_TEXT_OFFSET, AttachDescriptor.REFUSED_TEXT_LENGTH));
    }

    private void onConnection(AttachSocket from, ProgramListener listener) {
        final int side = from.receivedInt(AttachDescriptor.CONNECTION_SIDE_OFFSET);
        final long length = from.receivedLong(AttachDescriptor.CONNECTION_HALF_LENGTH_OFFSET);
        try {
            if (side != 0 && side != 1) {
                throw new BadRegionException("side=" + side + " of a connection");
            }
            final OsRegion own = OsRegion.mapOwn(from.descriptor(0), length, side, AbiDescriptor.HALF_EPOCH);
            final OsRegion peer = mapPeer(from, length, side, own);
            final int doorbellIn = from.takeDescriptor(2);
            final int doorbellOut = from.takeDescriptor(3);
            listener.connected(new ConnectionEnd(from.receivedInt(AttachDescriptor.REQUEST_OFFSET),
                from.receivedInt(AttachDescriptor.CONNECTION_ID_OFFSET),
                from.receivedInt(AttachDescriptor.CONNECTION_PORT_ID_OFFSET),
                from.receivedInt(AttachDescriptor.CONNECTION_PEER_OS_OFFSET),
                from.receivedInt(AttachDescriptor.CONNECTION_PEER_EPOCH_OFFSET),
                from.receivedInt(AttachDescriptor.CONNECTION_PEER_PROGRAM_OFFSET), own, peer, doorbellIn,
                doorbellOut));
        } catch (ShimException | BadRegionException e) {
            lose("a connection that breaks the ABI: " + e.getMessage(), listener);
        }
    }

    private static OsRegion mapPeer(AttachSocket from, long length, int side, OsRegion own)
        throws ShimException, BadRegionException {
        try {
            return OsRegion.mapPeer(from.descriptor(1), length, 1 - side, AbiDescriptor.HALF_EPOCH);
        } catch (ShimException | BadRegionException e) {
            own.close();
            throw e;
        }
    }

    /** Maps what was granted; null if this process has no room for it, and the request has been answered so. */
    private @Nullable MappedMemory map(AttachSocket from, long length, boolean write, ProgramListener listener)
        throws ShimException {
        MemoryObject.check(from.descriptor(0), length);
        try {
            return MemoryObject.map(from.descriptor(0), length, write, 0);
        } catch (ShimException e) {
            if (e.errno() != Errno.ENOMEM) {
                throw e;
            }
            final int request = from.receivedInt(AttachDescriptor.REQUEST_OFFSET);
            final int id = from.receivedInt(AttachDescriptor.GRANT_ID_OFFSET);
            try {
                giveUp(id);
            } catch (IOException lost) {
                lose(String.valueOf(lost.getMessage()), listener);
            }
            listener.answered(request, id, AttachError.LIMIT, "this process has no room to map it");
            return null;
        }
    }

    private void onMemory(AttachSocket from, ProgramListener listener) {
        final long length = from.receivedLong(AttachDescriptor.MEMORY_MEMORY_LENGTH_OFFSET);
        final boolean write = from.receivedInt(AttachDescriptor.MEMORY_ACCESS_OFFSET) == AttachDescriptor.ACCESS_WRITE;
        try {
            if (length <= 0 || length > AbiDescriptor.MAX_REGION_LENGTH) {
                throw new BadRegionException("memory of " + length + " bytes");
            }
            final MappedMemory memory = map(from, length, write, listener);
            if (memory != null) {
                listener.granted(new ObjectGrant(from.receivedInt(AttachDescriptor.REQUEST_OFFSET),
                    from.receivedInt(AttachDescriptor.GRANT_ID_OFFSET),
                    from.receivedInt(AttachDescriptor.MEMORY_OWNER_OS_OFFSET),
                    from.receivedInt(AttachDescriptor.MEMORY_OWNER_EPOCH_OFFSET), write, memory));
            }
        } catch (ShimException | BadRegionException e) {
            lose("memory that breaks the ABI: " + e.getMessage(), listener);
        }
    }

    private void onSync(AttachSocket from, ProgramListener listener) {
        try {
            final MappedMemory page = map(from, SyncDescriptor.LENGTH, true, listener);
            if (page != null) {
                listener.granted(new ObjectGrant(from.receivedInt(AttachDescriptor.REQUEST_OFFSET),
                    from.receivedInt(AttachDescriptor.GRANT_ID_OFFSET), ObjectGrant.NO_OS, 0, true, page));
            }
        } catch (ShimException e) {
            lose("a sync object that breaks the ABI: " + e.getMessage(), listener);
        }
    }

    private void onListing(AttachSocket from, ProgramListener listener) {
        final long length = from.receivedLong(AttachDescriptor.LISTING_TEXT_LENGTH_OFFSET);
        try {
            MemoryObject.check(from.descriptor(0), length);
            try (MappedMemory text = MemoryObject.map(from.descriptor(0), length, false, 0)) {
                listener.listed(from.receivedInt(AttachDescriptor.REQUEST_OFFSET),
                    StandardCharsets.UTF_8.decode(text.buffer()).toString());
            }
        } catch (ShimException | IllegalArgumentException e) {
            lose("a listing that breaks the ABI: " + e.getMessage(), listener);
        }
    }

    private void onClosed(AttachSocket from, ProgramListener listener) {
        final ClosedReason reason = ClosedReason.of(from.receivedInt(AttachDescriptor.CLOSED_REASON_OFFSET));
        if (reason == null) {
            lose("an unknown reason of CLOSED", listener);
        } else {
            listener.closed(from.receivedInt(AttachDescriptor.CLOSE_ID_OFFSET), reason);
        }
    }

    private void lose(String reason, ProgramListener listener) {
        final AttachSocket ended = socket;
        listener.lost(reason);
        socket = null;
        if (ended != null) {
            ended.close();
        }
    }

    /** Leaves: every port and connection of the program is closed by the nanokernel. No listener is told. */
    @Override
    public void close() {
        if (socket != null) {
            socket.close();
            socket = null;
        }
        management.close();
    }
}
