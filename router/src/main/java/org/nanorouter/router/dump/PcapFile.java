// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.pcapng.PcapngWriter;

/**
 * The older format, for programs that know no other: frames with their times, in nanoseconds, and nothing else.
 *
 * <pre>
 *   u32 magic, u16 2, u16 4, i32 0, u32 0, u32 longest frame, u32 link type
 *   then for each frame:  u32 seconds, u32 nanoseconds, u32 captured, u32 length, bytes
 * </pre>
 */
final class PcapFile implements FrameFile {
    private static final int MAGIC_NANOSECONDS = 0xA1B2_3C4D;
    private static final short MAJOR = 2;
    private static final short MINOR = 4;
    private static final int FILE_HEADER = 24;
    private static final int FRAME_HEADER = 16;
    private static final long NS_PER_S = 1_000_000_000;

    private final OutputStream stream;
    private final ByteBuffer block =
        ByteBuffer.allocate(FRAME_HEADER + PcapngWriter.MAX_PACKET).order(ByteOrder.LITTLE_ENDIAN);

    /** Begins the file. */
    PcapFile(OutputStream stream, int snapLength) throws IOException {
        this.stream = stream;
        block.putInt(MAGIC_NANOSECONDS).putShort(MAJOR).putShort(MINOR).putInt(0).putInt(0).putInt(snapLength)
            .putInt(PcapngWriter.ETHERNET);
        stream.write(block.array(), 0, FILE_HEADER);
    }

    @Override
    public void frame(Sighting sighting, FrameBytes bytes, @Nullable CharSequence comment) throws IOException {
        block.clear();
        block.putInt((int) (sighting.time() / NS_PER_S)).putInt((int) (sighting.time() % NS_PER_S))
            .putInt(bytes.captured()).putInt(bytes.length());
        block.put(FRAME_HEADER, bytes.memory(), bytes.offset(), bytes.captured());
        stream.write(block.array(), 0, FRAME_HEADER + bytes.captured());
    }

    @Override
    public void event(Happening event) {
    }

    @Override
    public void portDown(String name) {
    }

    @Override
    public void lost(String port, long frames) {
    }

    @Override
    public void end(long time) {
    }
}
