// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.journal;

import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.UnixSocket;

/** The way to the journal. It never waits. One thread at a time uses it. */
final class JournalSocket implements AutoCloseable {
    private static final int NONE = -1;
    private static final int USUAL_LENGTH = 16 << 10;

    private final String path;
    private final NativeBuffer usual = NativeBuffer.allocate(USUAL_LENGTH);
    private final NativeBuffer descriptor = NativeBuffer.allocate(Integer.BYTES);
    private int fd = NONE;

    JournalSocket(String path) {
        this.path = path;
    }

    /** Sends one entry. Returns 0, or -errno: EAGAIN if the journal is busy, ENOENT or ECONNREFUSED if it is gone. */
    int send(byte[] entry) {
        if (entry.length <= USUAL_LENGTH) {
            return send(usual, entry);
        }
        try (NativeBuffer large = NativeBuffer.allocate(entry.length)) {
            return send(large, entry);
        }
    }

    private int send(NativeBuffer memory, byte[] entry) {
        memory.buffer().put(entry);
        int result = trySend(memory, entry.length);
        if (isGone(result)) {
            // It may have been started anew behind the same path.
            close();
            result = trySend(memory, entry.length);
        }
        return Math.min(result, 0);
    }

    private int trySend(NativeBuffer memory, int length) {
        int result = connect();
        if (result < 0) {
            return result;
        }
        result = UnixSocket.sendWithFds(fd, memory.address(), length, 0, 0);
        return result == -Errno.EMSGSIZE || result == -Errno.ENOBUFS ? sendMemory(memory, length) : result;
    }

    private int connect() {
        if (fd != NONE) {
            return 0;
        }
        int socket = UnixSocket.datagram();
        if (socket < 0) {
            return socket;
        }
        int result = UnixSocket.datagramConnect(socket, path);
        if (result < 0) {
            Fd.close(socket);
            return result;
        }
        fd = socket;
        return 0;
    }

    private int sendMemory(NativeBuffer memory, int length) {
        int object = MemoryObject.createFinal("journal-entry", memory.address(), length);
        if (object < 0) {
            return object;
        }
        descriptor.buffer().putInt(0, object);
        int result = UnixSocket.sendWithFds(fd, memory.address(), 0, descriptor.address(), 1);
        Fd.close(object);
        return result;
    }

    private static boolean isGone(int result) {
        return result == -Errno.ECONNREFUSED || result == -Errno.ENOTCONN || result == -Errno.ECONNRESET
                || result == -Errno.EPIPE;
    }

    /** Closes the socket; the next entry makes another one. */
    @Override
    public void close() {
        if (fd != NONE) {
            Fd.close(fd);
            fd = NONE;
        }
    }
}
