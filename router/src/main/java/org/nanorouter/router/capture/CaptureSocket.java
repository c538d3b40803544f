// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.UnixSocket;

/** Messages of the capture socket: a text each, and perhaps descriptors. */
final class CaptureSocket {
    /** Bytes of a text at most: a filter has up to 4,096 instructions. */
    private static final int MAX_TEXT = 64 << 10;
    private static final int FDS_OFFSET = MAX_TEXT;
    private static final int COUNT_OFFSET = FDS_OFFSET + CaptureRing.Handout.COUNT * Integer.BYTES;
    /** Asks for the ports in service; nk-ports.c has the same. */
    static final String PORTS = "{\"verb\":\"ports\"}";
    /** What these methods need of memory. */
    static final int BUFFER_LENGTH = COUNT_OFFSET + Integer.BYTES;

    /** Asks the router to see what peers have taken; anything else ends a capture. */
    static final String LOOK = "{\"verb\":\"look\"}";
    static final String END = "{\"verb\":\"end\"}";

    private CaptureSocket() {
    }

    /** Receives a text without descriptors; null if none is there, empty if none comes any more. */
    static @Nullable String receive(int fd, NativeBuffer memory) {
        return receive(fd, memory, 0);
    }

    /** The same, with up to so many descriptors, which {@link #descriptors} then tells. */
    static @Nullable String receive(int fd, NativeBuffer memory, int maxFds) {
        int length = UnixSocket.receiveWithFds(fd, memory.address(), MAX_TEXT, memory.address() + FDS_OFFSET, maxFds,
            memory.address() + COUNT_OFFSET);
        if (length == -Errno.EAGAIN || length == -Errno.EINTR) {
            return null;
        } else if (length <= 0) {
            return "";
        }
        byte[] bytes = new byte[length];
        memory.buffer().get(0, bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }

    /** The descriptors that came with the last text. */
    static int[] descriptors(NativeBuffer memory) {
        int[] descriptors = new int[memory.buffer().getInt(COUNT_OFFSET)];
        for (int i = 0; i < descriptors.length; i++) {
            descriptors[i] = memory.buffer().getInt(FDS_OFFSET + i * Integer.BYTES);
        }
        return descriptors;
    }

    static void send(int fd, NativeBuffer memory, String text, int... descriptors) throws IOException {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > MAX_TEXT) {
            throw new IOException("a message of " + bytes.length + " bytes is longer than " + MAX_TEXT);
        }
        ByteBuffer buffer = memory.buffer();
        buffer.put(0, bytes);
        for (int i = 0; i < descriptors.length; i++) {
            buffer.putInt(FDS_OFFSET + i * Integer.BYTES, descriptors[i]);
        }
        Errno.check(UnixSocket.sendWithFds(fd, memory.address(), bytes.length, memory.address() + FDS_OFFSET,
            descriptors.length), "send on the capture socket");
    }
}
