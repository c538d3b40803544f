// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.UnixSocket;

/**
 * One end of an attach connection: encodes, sends, receives and checks messages, a fixed buffer for each way.
 *
 * <p>Received descriptors belong to this object until they are taken; those that nobody took are closed with the next
 * message.
 */
final class AttachSocket implements AutoCloseable {

    /** No message waits. */
    static final int NOTHING = 0;

    /** The other end closed, or the connection broke. */
    static final int ENDED = -1;

    /** The message breaks the ABI; {@link #error} and {@link #problem} say how. */
    static final int BROKEN = -2;

    private static final int FDS_OFFSET = AttachDescriptor.MAX_LENGTH + Long.BYTES - 1 & -Long.BYTES;
    private static final int FD_COUNT_OFFSET = FDS_OFFSET + AttachDescriptor.CONNECTION_DESCRIPTORS * Integer.BYTES;
    private static final int MEMORY_LENGTH = FD_COUNT_OFFSET + Integer.BYTES;
    private static final int TAKEN = -1;

    private final int fd;
    private final boolean nanokernel;
    private final NativeBuffer outMemory = NativeBuffer.allocate(MEMORY_LENGTH);
    private final NativeBuffer inMemory = NativeBuffer.allocate(MEMORY_LENGTH);
    private final ByteBuffer out = outMemory.buffer();
    private final ByteBuffer in = inMemory.buffer();
    private int descriptors;
    private AttachError error = AttachError.BAD_MESSAGE;
    private String problem = "";
    private boolean closed;

    /**
     * Takes over a connected descriptor.
     *
     * @param nanokernel whether this is the nanokernel's end, which receives what an OS sends
     */
    AttachSocket(int fd, boolean nanokernel) {
        this.fd = fd;
        this.nanokernel = nanokernel;
    }

    int fd() {
        return fd;
    }

    /** Receives one message. Answers its type, {@link #NOTHING}, {@link #ENDED} or {@link #BROKEN}. */
    int receive() {
        closeDescriptors();
        final int maxFds = nanokernel ? 0 : AttachDescriptor.CONNECTION_DESCRIPTORS;
        final int length = UnixSocket.receiveWithFds(fd, inMemory.address(), AttachDescriptor.MAX_LENGTH,
            inMemory.address() + FDS_OFFSET, maxFds, inMemory.address() + FD_COUNT_OFFSET);
        if (length == -Errno.EAGAIN || length == -Errno.EINTR) {
            return NOTHING;
        }
        if (length == -Errno.EBADMSG) {
            return broken(AttachError.BAD_MESSAGE, "descriptors that were not asked for");
        }
        if (length == -Errno.EMSGSIZE) {
            return broken(AttachError.BAD_MESSAGE,
                "a message of more than " + AttachDescriptor.MAX_LENGTH + " bytes");
        }
        if (length <= 0) {
            problem = length == 0 ? "the other end closed the connection" : Errno.describe(-length);
            return ENDED;
        }
        descriptors = in.getInt(FD_COUNT_OFFSET);
        return check(length);
    }

    private int check(int length) {
        if (length < AttachDescriptor.HEADER_LENGTH) {
            return broken(AttachError.BAD_MESSAGE, "length=" + length + ", shorter than a header");
        }
        final int magic = in.getInt(AttachDescriptor.MAGIC_OFFSET);
        if (magic != AttachDescriptor.MAGIC) {
            return broken(AttachError.BAD_MAGIC, "magic=0x" + Integer.toHexString(magic) + ", expected 0x"
                + Integer.toHexString(AttachDescriptor.MAGIC));
        }
        final int revision = Short.toUnsignedInt(in.getShort(AttachDescriptor.REVISION_OFFSET));
        if (revision != AbiDescriptor.REVISION) {
            return broken(AttachError.BAD_REVISION,
                "revision=" + revision + ", expected " + AbiDescriptor.REVISION);
        }
        final int type = Short.toUnsignedInt(in.getShort(AttachDescriptor.TYPE_OFFSET));
        final boolean fromOs = switch (type) {
            case AttachDescriptor.TYPE_ATTACH, AttachDescriptor.TYPE_READY, AttachDescriptor.TYPE_PANIC,
                AttachDescriptor.TYPE_SILENT, AttachDescriptor.TYPE_LIED, AttachDescriptor.TYPE_JOIN,
                AttachDescriptor.TYPE_OPEN_PORT, AttachDescriptor.TYPE_CLOSE_PORT, AttachDescriptor.TYPE_CONNECT,
                AttachDescriptor.TYPE_CLOSE, AttachDescriptor.TYPE_OPEN_MEMORY, AttachDescriptor.TYPE_OPEN_SYNC,
                AttachDescriptor.TYPE_LIST -> true;
            default -> false;
        };
        final int expected = lengthOf(type);
        if (expected < 0 || fromOs != nanokernel) {
            return broken(AttachError.BAD_MESSAGE, "type=" + type + " is not for this end");
        }
        final int body = in.getInt(AttachDescriptor.LENGTH_OFFSET);
        if (length != expected || body != expected - AttachDescriptor.HEADER_LENGTH) {
            return broken(AttachError.BAD_MESSAGE, "type=" + type + " with length=" + length + " and body length="
                + Integer.toUnsignedString(body) + ", expected " + expected + " in all");
        }
        if (descriptors != descriptorsOf(type)) {
            return broken(AttachError.BAD_MESSAGE, "type=" + type + " with " + descriptors
                + " descriptors, expected " + descriptorsOf(type));
        }
        return type;
    }

    private static int lengthOf(int type) {
        return switch (type) {
            case AttachDescriptor.TYPE_ATTACH -> AttachDescriptor.ATTACH_LENGTH;
            case AttachDescriptor.TYPE_ATTACHED -> AttachDescriptor.ATTACHED_LENGTH;
            case AttachDescriptor.TYPE_PEER -> AttachDescriptor.PEER_LENGTH;
            case AttachDescriptor.TYPE_PEER_GONE -> AttachDescriptor.PEER_GONE_LENGTH;
            case AttachDescriptor.TYPE_SYNCED -> AttachDescriptor.SYNCED_LENGTH;
            case AttachDescriptor.TYPE_READY -> AttachDescriptor.READY_LENGTH;
            case AttachDescriptor.TYPE_REFUSED -> AttachDescriptor.REFUSED_LENGTH;
            case AttachDescriptor.TYPE_PANIC -> AttachDescriptor.PANIC_LENGTH;
            case AttachDescriptor.TYPE_SILENT -> AttachDescriptor.SILENT_LENGTH;
            case AttachDescriptor.TYPE_LIED -> AttachDescriptor.LIED_LENGTH;
            case AttachDescriptor.TYPE_JOIN -> AttachDescriptor.JOIN_LENGTH;
            case AttachDescriptor.TYPE_JOINED -> AttachDescriptor.JOINED_LENGTH;
            case AttachDescriptor.TYPE_OPEN_PORT -> AttachDescriptor.OPEN_PORT_LENGTH;
            case AttachDescriptor.TYPE_CLOSE_PORT -> AttachDescriptor.CLOSE_PORT_LENGTH;
            case AttachDescriptor.TYPE_CONNECT -> AttachDescriptor.CONNECT_LENGTH;
            case AttachDescriptor.TYPE_CONNECTION -> AttachDescriptor.CONNECTION_LENGTH;
            case AttachDescriptor.TYPE_CLOSE -> AttachDescriptor.CLOSE_LENGTH;
            case AttachDescriptor.TYPE_CLOSED -> AttachDescriptor.CLOSED_LENGTH;
            case AttachDescriptor.TYPE_ANSWER -> AttachDescriptor.ANSWER_LENGTH;
            case AttachDescriptor.TYPE_OPEN_MEMORY -> AttachDescriptor.OPEN_MEMORY_LENGTH;
            case AttachDescriptor.TYPE_MEMORY -> AttachDescriptor.MEMORY_LENGTH;
            case AttachDescriptor.TYPE_OPEN_SYNC -> AttachDescriptor.OPEN_SYNC_LENGTH;
            case AttachDescriptor.TYPE_SYNC -> AttachDescriptor.SYNC_LENGTH;
            case AttachDescriptor.TYPE_LIST -> AttachDescriptor.LIST_LENGTH;
            case AttachDescriptor.TYPE_LISTING -> AttachDescriptor.LISTING_LENGTH;
            default -> -1;
        };
    }

    private static int descriptorsOf(int type) {
        return switch (type) {
            case AttachDescriptor.TYPE_ATTACHED -> AttachDescriptor.ATTACHED_DESCRIPTORS;
            case AttachDescriptor.TYPE_PEER -> AttachDescriptor.PEER_DESCRIPTORS;
            case AttachDescriptor.TYPE_JOINED -> AttachDescriptor.JOINED_DESCRIPTORS;
            case AttachDescriptor.TYPE_CONNECTION -> AttachDescriptor.CONNECTION_DESCRIPTORS;
            case AttachDescriptor.TYPE_MEMORY -> AttachDescriptor.MEMORY_DESCRIPTORS;
            case AttachDescriptor.TYPE_SYNC -> AttachDescriptor.SYNC_DESCRIPTORS;
            case AttachDescriptor.TYPE_LISTING -> AttachDescriptor.LISTING_DESCRIPTORS;
            default -> 0;
        };
    }

    private int broken(AttachError why, String what) {
        closeDescriptors();
        error = why;
        problem = what;
        return BROKEN;
    }

    /** Why the last message was {@link #BROKEN}. */
    AttachError error() {
        return error;
    }

    /** What was wrong with the last message, or why the connection ended. */
    String problem() {
        return problem;
    }

    int receivedInt(int offset) {
        return in.getInt(offset);
    }

    long receivedLong(int offset) {
        return in.getLong(offset);
    }

    byte[] receivedBytes(int offset, int length) {
        final byte[] bytes = new byte[length];
        in.get(offset, bytes);
        return bytes;
    }

    /** The NUL-padded text at {@code offset}. */
    String receivedText(int offset, int length) {
        final byte[] bytes = receivedBytes(offset, length);
        int end = 0;
        while (end < length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /**
     * The name at {@code offset}: all that is before its padding. One with other bytes behind a NUL is nobody's, and
     * none that anything may have, since no name has a NUL.
     */
    String receivedName(int offset) {
        final byte[] bytes = receivedBytes(offset, AbiDescriptor.NAME_LENGTH);
        int end = bytes.length;
        while (end > 0 && bytes[end - 1] == 0) {
            end--;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** Hands over the {@code index}th descriptor of the last message. */
    int takeDescriptor(int index) {
        final int at = FDS_OFFSET + index * Integer.BYTES;
        final int taken = in.getInt(at);
        in.putInt(at, TAKEN);
        return taken;
    }

    /** The {@code index}th descriptor of the last message, which stays this object's. */
    int descriptor(int index) {
        return in.getInt(FDS_OFFSET + index * Integer.BYTES);
    }

    /** ATTACH or JOIN. */
    int sendAttach(int type, String osName, byte[] token) {
        begin(type);
        putText(AttachDescriptor.ATTACH_NAME_OFFSET, AbiDescriptor.NAME_LENGTH, osName);
        out.put(AttachDescriptor.ATTACH_TOKEN_OFFSET, token);
        return send(type);
    }

    int sendReady() {
        begin(AttachDescriptor.TYPE_READY);
        return send(AttachDescriptor.TYPE_READY);
    }

    int sendPanic() {
        begin(AttachDescriptor.TYPE_PANIC);
        return send(AttachDescriptor.TYPE_PANIC);
    }

    /** SILENT or LIED. */
    int sendReport(int type, int peerId, int peerEpoch) {
        begin(type);
        out.putInt(AttachDescriptor.PEER_ID_OFFSET, peerId);
        out.putInt(AttachDescriptor.PEER_EPOCH_OFFSET, peerEpoch);
        return send(type);
    }

    int sendAttached(AttachGrant grant) {
        begin(AttachDescriptor.TYPE_ATTACHED);
        out.putInt(AttachDescriptor.ATTACHED_OS_ID_OFFSET, grant.osId());
        out.putInt(AttachDescriptor.ATTACHED_EPOCH_OFFSET, grant.epoch());
        out.putLong(AttachDescriptor.ATTACHED_MANAGEMENT_LENGTH_OFFSET, grant.managementLength());
        out.putLong(AttachDescriptor.ATTACHED_REGION_LENGTH_OFFSET, grant.regionLength());
        out.putInt(FDS_OFFSET, grant.managementFd());
        out.putInt(FDS_OFFSET + Integer.BYTES, grant.regionFd());
        return send(AttachDescriptor.TYPE_ATTACHED);
    }

    int sendPeer(PeerGrant peer) {
        begin(AttachDescriptor.TYPE_PEER);
        out.putInt(AttachDescriptor.PEER_ID_OFFSET, peer.peerId());
        out.putInt(AttachDescriptor.PEER_EPOCH_OFFSET, peer.peerEpoch());
        out.putLong(AttachDescriptor.PEER_REGION_LENGTH_OFFSET, peer.regionLength());
        out.putInt(FDS_OFFSET, peer.regionFd());
        out.putInt(FDS_OFFSET + Integer.BYTES, peer.doorbellToWaitOn());
        out.putInt(FDS_OFFSET + 2 * Integer.BYTES, peer.doorbellToRing());
        return send(AttachDescriptor.TYPE_PEER);
    }

    int sendPeerGone(int peerId, int peerEpoch) {
        begin(AttachDescriptor.TYPE_PEER_GONE);
        out.putInt(AttachDescriptor.PEER_ID_OFFSET, peerId);
        out.putInt(AttachDescriptor.PEER_EPOCH_OFFSET, peerEpoch);
        return send(AttachDescriptor.TYPE_PEER_GONE);
    }

    int sendSynced() {
        begin(AttachDescriptor.TYPE_SYNCED);
        return send(AttachDescriptor.TYPE_SYNCED);
    }

    int sendRefused(AttachError why, String text) {
        begin(AttachDescriptor.TYPE_REFUSED);
        out.putInt(AttachDescriptor.REFUSED_ERROR_OFFSET, why.value());
        putText(AttachDescriptor.REFUSED_TEXT_OFFSET, AttachDescriptor.REFUSED_TEXT_LENGTH, text);
        return send(AttachDescriptor.TYPE_REFUSED);
    }

    /** Begins a message: its body, all zero, is to be written to what this answers. */
    ByteBuffer begin(int type) {
        if (closed) {
            throw new IllegalStateException("the attach socket is closed");
        }
        for (int i = 0; i < AttachDescriptor.MAX_LENGTH; i++) {
            out.put(i, (byte) 0);
        }
        out.putInt(AttachDescriptor.MAGIC_OFFSET, AttachDescriptor.MAGIC);
        out.putShort(AttachDescriptor.REVISION_OFFSET, (short) AbiDescriptor.REVISION);
        out.putShort(AttachDescriptor.TYPE_OFFSET, (short) type);
        out.putInt(AttachDescriptor.LENGTH_OFFSET, lengthOf(type) - AttachDescriptor.HEADER_LENGTH);
        return out;
    }

    /** Gives the {@code index}th descriptor with the message that was begun; it stays the caller's. */
    void attachDescriptor(int index, int descriptor) {
        out.putInt(FDS_OFFSET + index * Integer.BYTES, descriptor);
    }

    /** Writes a text of at most {@code length - 1} bytes into the message that was begun. */
    void putText(int offset, int length, String text) {
        final byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        out.put(offset, bytes, 0, Math.min(bytes.length, length - 1));
    }

    /** Answers the length sent or a negative errno; a full queue is an error, since nobody sends again. */
    int send(int type) {
        return UnixSocket.sendWithFds(fd, outMemory.address(), lengthOf(type), outMemory.address() + FDS_OFFSET,
            descriptorsOf(type));
    }

    private void closeDescriptors() {
        for (int i = 0; i < descriptors; i++) {
            final int left = takeDescriptor(i);
            if (left != TAKEN) {
                Fd.close(left);
            }
        }
        descriptors = 0;
    }

    @Override
    public void close() {
        if (!closed) {
            closed = true;
            closeDescriptors();
            Fd.close(fd);
            inMemory.close();
            outMemory.close();
        }
    }
}
