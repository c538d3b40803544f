// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.nanorouter.router.port.FrameBatch;

/**
 * Writes frames to a capture file, which is complete and readable after each {@link #flush}.
 *
 * <p>A failed write (a full disk) cuts the file back to its last whole record and ends the recording.
 */
final class PcapRecorder implements AutoCloseable {
    private static final int BUFFER_LENGTH = 256 * 1024;
    private static final long NANOS_PER_SECOND = 1_000_000_000L;

    private final FileChannel channel;
    private final boolean nanoseconds;
    private final ByteBuffer buffer = ByteBuffer.allocateDirect(BUFFER_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private long written;

    private PcapRecorder(FileChannel channel, boolean nanoseconds) {
        this.channel = channel;
        this.nanoseconds = nanoseconds;
    }

    /**
     * Makes the file, or empties it.
     *
     * @param nanoseconds whether its timestamps have nanoseconds, or microseconds as old readers want
     */
    static PcapRecorder create(Path file, boolean nanoseconds) throws IOException {
        FileChannel channel = FileChannel.open(file, StandardOpenOption.CREATE, StandardOpenOption.TRUNCATE_EXISTING,
                StandardOpenOption.WRITE);
        PcapRecorder recorder = new PcapRecorder(channel, nanoseconds);
        try {
            recorder.putHeader();
            recorder.flush();
        } catch (IOException e) {
            channel.close();
            throw e;
        }
        return recorder;
    }

    private void putHeader() {
        buffer.putInt(PcapFileDescriptor.MAGIC_OFFSET,
                nanoseconds ? PcapFileDescriptor.NANOSECOND_MAGIC : PcapFileDescriptor.MICROSECOND_MAGIC);
        buffer.putShort(PcapFileDescriptor.MAJOR_OFFSET, PcapFileDescriptor.MAJOR);
        buffer.putShort(PcapFileDescriptor.MINOR_OFFSET, PcapFileDescriptor.MINOR);
        buffer.putInt(PcapFileDescriptor.SNAP_LENGTH_OFFSET, FrameBatch.MAX_FRAME);
        buffer.putInt(PcapFileDescriptor.LINK_OFFSET, PcapFileDescriptor.LINK_ETHERNET);
        buffer.position(PcapFileDescriptor.HEADER_LENGTH);
    }

    /**
     * Adds a frame.
     *
     * @param wallNanos nanoseconds since 1970
     */
    void add(ByteBuffer memory, int frameOffset, int frameLength, long wallNanos) throws IOException {
        if (buffer.remaining() < PcapFileDescriptor.RECORD_HEADER_LENGTH + frameLength) {
            flush();
        }
        int record = buffer.position();
        int fraction = (int) Math.floorMod(wallNanos, NANOS_PER_SECOND);
        buffer.putInt(record + PcapFileDescriptor.SECONDS_OFFSET, (int) Math.floorDiv(wallNanos, NANOS_PER_SECOND));
        buffer.putInt(record + PcapFileDescriptor.FRACTION_OFFSET, nanoseconds ? fraction : fraction / 1000);
        buffer.putInt(record + PcapFileDescriptor.CAPTURED_OFFSET, frameLength);
        buffer.putInt(record + PcapFileDescriptor.ORIGINAL_OFFSET, frameLength);
        int frame = record + PcapFileDescriptor.RECORD_HEADER_LENGTH;
        buffer.put(frame, memory, frameOffset, frameLength);
        buffer.position(frame + frameLength);
    }

    /** Writes what was added. */
    void flush() throws IOException {
        buffer.flip();
        try {
            while (buffer.hasRemaining()) {
                channel.write(buffer);
            }
            written = channel.position();
        } catch (IOException e) {
            channel.truncate(written);
            throw e;
        } finally {
            buffer.clear();
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
    }
}
