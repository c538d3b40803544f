// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.UnixSocket;

/** Connects to an attach socket, as an endpoint or as a program, and waits for the answer. */
final class Dial {

    private static final long ANSWER_DEADLINE_MS = 5_000;

    private Dial() {
    }

    /**
     * Connects, sends ATTACH or JOIN, and answers the connection with ATTACHED or JOINED as its last message.
     *
     * @throws AttachRefusedException if the nanokernel says no
     * @throws IOException if nobody listens, nobody answers in time, or the answer breaks the ABI
     */
    static AttachSocket open(Path socketPath, String osName, Path tokenFile, int request, int answer)
        throws IOException {
        final byte[] token = Files.readAllBytes(tokenFile);
        if (token.length != AttachDescriptor.TOKEN_LENGTH) {
            throw new IOException("token file " + tokenFile + " has " + token.length + " bytes, expected "
                + AttachDescriptor.TOKEN_LENGTH);
        }
        final int fd = Errno.check(UnixSocket.connectSeqPacket(socketPath.toString()), "connect to " + socketPath);
        final AttachSocket socket = new AttachSocket(fd, false);
        try {
            Errno.check(socket.sendAttach(request, osName, token), "ask at " + socketPath);
            await(socket, socketPath, answer);
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    private static void await(AttachSocket socket, Path socketPath, int answer) throws IOException {
        final long deadline = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ANSWER_DEADLINE_MS);
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            entry.buffer().putInt(Poll.FD_OFFSET, socket.fd()).putShort(Poll.EVENTS_OFFSET, Poll.IN);
            while (true) {
                final int type = socket.receive();
                if (type == answer) {
                    return;
                }
                if (type == AttachDescriptor.TYPE_REFUSED) {
                    throw refusal(socket);
                }
                if (type != AttachSocket.NOTHING) {
                    throw new IOException("attach to " + socketPath + ": "
                        + (type < 0 ? socket.problem() : "message type " + type + " before type " + answer));
                }
                final long leftMs = TimeUnit.NANOSECONDS.toMillis(deadline - System.nanoTime());
                if (leftMs <= 0) {
                    throw new IOException("attach to " + socketPath + ": no answer within "
                        + ANSWER_DEADLINE_MS + " ms");
                }
                Poll.poll(entry.address(), 1, (int) leftMs);
            }
        }
    }

    /** What the REFUSED says that was received last. */
    static AttachRefusedException refusal(AttachSocket socket) {
        return new AttachRefusedException(
            AttachError.of(socket.receivedInt(AttachDescriptor.REFUSED_ERROR_OFFSET)),
            socket.receivedText(AttachDescriptor.REFUSED_TEXT_OFFSET, AttachDescriptor.REFUSED_TEXT_LENGTH));
    }
}
