// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.UnixSocket;

/**
 * The messages between a leader and a standby, each one packet of a seqpacket socket: a letter, then text.
 *
 * <table>
 * <caption>Messages</caption>
 * <tr><td>{@link #HELLO}</td><td>standby to leader, once, first</td><td>the standby's pid</td></tr>
 * <tr><td>{@link #TAP}</td><td>leader to standby</td><td>name of the port; with one descriptor</td></tr>
 * <tr><td>{@link #GONE}</td><td>leader to standby</td><td>name of a port whose TAP is about to be closed</td></tr>
 * <tr><td>{@link #ALL}</td><td>leader to standby, once</td><td>nothing: every TAP that there is was named</td></tr>
 * </table>
 *
 * <p>One thread uses an object.
 */
final class StandbyMessage implements AutoCloseable {
    static final char HELLO = 'H';
    static final char TAP = 'T';
    static final char GONE = 'G';
    static final char ALL = 'A';

    static final int NO_DESCRIPTOR = -1;
    /** What {@link #receive} answers when the other side has closed, or breaks the rules. */
    static final char ENDED = 0;
    /** What {@link #receive} answers when nothing waits. */
    static final char NOTHING = 1;

    private static final int MAX_LENGTH = 256;
    private static final int DESCRIPTOR_OFFSET = MAX_LENGTH;
    private static final int COUNT_OFFSET = DESCRIPTOR_OFFSET + Integer.BYTES;
    private static final int LENGTH = COUNT_OFFSET + Integer.BYTES;

    private final NativeBuffer memory = NativeBuffer.allocate(LENGTH);
    private final ByteBuffer bytes = memory.buffer();
    private String text = "";
    private int descriptor = NO_DESCRIPTOR;

    /** Sends one message; false if the other side is gone or takes no more. */
    boolean send(int socket, char type, String content, int attached) {
        byte[] encoded = (type + content).getBytes(StandardCharsets.UTF_8);
        if (encoded.length > MAX_LENGTH) {
            throw new IllegalArgumentException("content=" + content);
        }
        bytes.put(0, encoded);
        bytes.putInt(DESCRIPTOR_OFFSET, attached);
        return UnixSocket.sendWithFds(socket, memory.address(), encoded.length, memory.address() + DESCRIPTOR_OFFSET,
            attached == NO_DESCRIPTOR ? 0 : 1) == encoded.length;
    }

    /** Receives one message without waiting; its type, or {@link #ENDED} or {@link #NOTHING}. */
    char receive(int socket) {
        int length = UnixSocket.receiveWithFds(socket, memory.address(), MAX_LENGTH,
            memory.address() + DESCRIPTOR_OFFSET, 1, memory.address() + COUNT_OFFSET);
        if (length <= 0) {
            return length == -Errno.EAGAIN ? NOTHING : ENDED;
        }
        descriptor = bytes.getInt(COUNT_OFFSET) == 1 ? bytes.getInt(DESCRIPTOR_OFFSET) : NO_DESCRIPTOR;
        byte[] content = new byte[length - 1];
        bytes.get(1, content);
        text = new String(content, StandardCharsets.UTF_8);
        return (char) bytes.get(0);
    }

    /** The text of the message that was received last. */
    String text() {
        return text;
    }

    /** Its descriptor, which is the caller's, or {@link #NO_DESCRIPTOR}. */
    int descriptor() {
        return descriptor;
    }

    @Override
    public void close() {
        memory.close();
    }
}
