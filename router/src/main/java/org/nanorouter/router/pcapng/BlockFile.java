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
    /** Of 64 KiB to 1 MiB the largest takes the least of a processor for each byte (decision 23). */
    private static final int BUFFER_LENGTH = 1 << 20;
    /**
     * What the kernel is asked to copy at a time. It may copy all of it before it lets anybody else on the processor,
     * however little this process weighs: a write of 1 MiB held up the programs whose frames are captured.
     */
    private static final int WRITE_LENGTH = 16 << 10;
    private static final int MAX_BLOCKS = 4096;

    private final FileChannel channel;
    private final ByteBuffer buffer;
    /** Where in the buffer each block ends. */
    private final int[] ends = new int[MAX_BLOCKS];
    private int blocks;
    private long length;

    private BlockFile(FileChannel channel, ByteBuffer buffer) {
        this.channel = channel;
        this.buffer = buffer.clear();
    }

    /** What a file puts its blocks into before it writes them. Direct: the heap would be copied once more for that. */
    public static ByteBuffer newBuffer() {
        return ByteBuffer.allocateDirect(BUFFER_LENGTH);
    }

    /**
     * Makes the file.
     *
     * @param buffer of {@link #newBuffer}; the file's until that is closed, and another one's then
     * @throws FileAlreadyExistsException if something has the name, be it a link to nowhere
     */
    public static BlockFile create(Path path, ByteBuffer buffer) throws IOException {
        return new BlockFile(FileChannel.open(path, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------"))), buffer);
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
        makeRoom(count);
        if (count > buffer.capacity()) {
            put(ByteBuffer.wrap(bytes, offset, count).slice());
        } else {
            buffer.put(bytes, offset, count);
            ends[blocks++] = buffer.position();
        }
    }

    /**
     * Writes a block whose middle lies elsewhere.
     *
     * @param block  what comes before the middle and behind it
     * @param head   bytes of it that come before
     * @param length bytes of it
     * @param middle holds the middle, {@code count} bytes at {@code offset}; its position does not matter
     */
    void write(byte[] block, int head, int length, ByteBuffer middle, int offset, int count) throws IOException {
        makeRoom(length + count);
        if (length + count > buffer.capacity()) {
            put(ByteBuffer.allocate(length + count).put(block, 0, head).put(head, middle, offset, count)
                .position(head + count).put(block, head, length - head).flip());
            return;
        }
        buffer.put(block, 0, head);
        int at = buffer.position();
        buffer.put(at, middle, offset, count).position(at + count);
        buffer.put(block, head, length - head);
        ends[blocks++] = buffer.position();
    }

    private void makeRoom(int count) throws IOException {
        if (count > buffer.remaining() || blocks == MAX_BLOCKS) {
            flush();
        }
    }

    @Override
    public void flush() throws IOException {
        try {
            put(buffer.flip());
        } finally {
            buffer.clear();
            blocks = 0;
        }
    }

    private void put(ByteBuffer bytes) throws IOException {
        int end = bytes.limit();
        try {
            while (bytes.position() < end) {
                bytes.limit(Math.min(end, bytes.position() + WRITE_LENGTH));
                channel.write(bytes);
            }
            length += bytes.position();
        } catch (IOException e) {
            length += wholeBlocks(bytes.position());
            channel.truncate(length);
            throw e;
        }
    }

    /** Bytes of the blocks of the buffer that are whole among so many. */
    private int wholeBlocks(int written) {
        int whole = 0;
        for (int i = 0; i < blocks && ends[i] <= written; i++) {
            whole = ends[i];
        }
        return whole;
    }

    @Override
    public void close() throws IOException {
        try (channel) {
            flush();
        }
    }
}
