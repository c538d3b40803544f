// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.pcapng;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;

/**
 * A new file that holds whole blocks at every moment, also when the disk is full: each write is one block, and what
 * could not be written whole is cut off again. Mode 0600; never through a link, and never in place of what is there.
 */
public final class BlockFile extends OutputStream {
    private static final int BUFFER_LENGTH = 256 << 10;

    private final FileChannel channel;
    private final ByteBuffer buffer = ByteBuffer.allocate(BUFFER_LENGTH);
    private long length;

    private BlockFile(FileChannel channel) {
        this.channel = channel;
    }

    /**
     * Makes the file.
     *
     * @throws FileAlreadyExistsException if something has the name, be it a link to nowhere
     */
    public static BlockFile create(Path path) throws IOException {
        return new BlockFile(FileChannel.open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))));
    }

    /** Bytes of all blocks so far. */
    public long length() {
        return length + buffer.position();
    }

    @Override
    public void write(int one) throws IOException {
        write(new byte[] {(byte) one});
    }

    @Override
    public void write(byte[] bytes, int offset, int count) throws IOException {
        if (count > buffer.remaining()) {
            flush();
        }
        if (count > buffer.capacity()) {
            put(ByteBuffer.wrap(bytes, offset, count));
        } else {
            buffer.put(bytes, offset, count);
        }
    }

    @Override
    public void flush() throws IOException {
        try {
            put(buffer.flip());
        } finally {
            buffer.clear();
        }
    }

    private void put(ByteBuffer blocks) throws IOException {
        int count = blocks.remaining();
        try {
            while (blocks.hasRemaining()) {
                channel.write(blocks);
            }
            length += count;
        } catch (IOException e) {
            channel.truncate(length);
            throw e;
        }
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            flush();
        }
    }
}
