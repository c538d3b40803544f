// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.BufferedOutputStream;
import java.io.FileDescriptor;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.time.Instant;
import java.time.ZoneId;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.pcapng.BlockFile;

/** Writes sightings to a file, to several, to a named pipe, or to standard output. */
public final class Files implements Sink {
    /** Standard output. */
    public static final String STANDARD_OUTPUT = "-";

    private static final int PIPE_BUFFER = 64 << 10;
    private static final int TYPE_MASK = 0170000;
    private static final int NAMED_PIPE = 0010000;
    private static final long NS_PER_S = 1_000_000_000;

    private final Format format;
    private final Rotation rotation;
    private final String pattern;
    private final Deque<Path> made = new ArrayDeque<>();
    private final Map<String, Long> lost = new HashMap<>();
    private final FrameComment comment = new FrameComment();
    private final @Nullable FrameFixup fixup;
    /** Of standard output. */
    private final @Nullable PipeReader reader;
    /** Of one file after the other. */
    private @Nullable ByteBuffer buffer;
    private OutputStream stream;
    private FrameFile file;
    private long beginning;
    private int number;

    /**
     * How files are written.
     *
     * @param classic    pcap instead of pcapng
     * @param fixup      whether large frames are cut and checksums completed
     * @param unbuffered whether each batch of frames is written at once
     * @param snapLength bytes of a frame at most
     * @param filter     of the capture; empty: none
     */
    public record Format(boolean classic, boolean fixup, boolean unbuffered, int snapLength, String filter) {
        FrameFile begin(OutputStream stream) throws IOException {
            return classic ? new PcapFile(stream, snapLength) : new PcapngFile(stream, snapLength, filter);
        }
    }

    /**
     * Begins the first file.
     *
     * @param pattern name of the file, as {@link Rotation#name} has it, {@link #STANDARD_OUTPUT}, or a named pipe that
     *     is there
     * @param time    nanoseconds since 1970
     * @throws java.nio.file.FileAlreadyExistsException if something else has the name
     */
    public Files(String pattern, Format format, Rotation rotation, long time) throws IOException {
        this.pattern = pattern;
        this.format = format;
        this.rotation = rotation;
        this.fixup = format.fixup() ? new FrameFixup() : null;
        this.reader = pattern.equals(STANDARD_OUTPUT) ? new PipeReader() : null;
        this.beginning = time;
        this.stream = open();
        this.file = format.begin(stream);
    }

    private OutputStream open() throws IOException {
        if (pattern.equals(STANDARD_OUTPUT)) {
            return new BufferedOutputStream(new FileOutputStream(FileDescriptor.out), PIPE_BUFFER);
        }
        if (!rotation.isWanted() && isNamedPipe(Path.of(pattern))) {
            return new BufferedOutputStream(java.nio.file.Files.newOutputStream(Path.of(pattern),
                StandardOpenOption.WRITE), PIPE_BUFFER);
        }
        Path path = rotation.name(pattern, number, Instant.ofEpochSecond(beginning / NS_PER_S)
            .atZone(ZoneId.systemDefault()));
        if (rotation.isRing() && made.size() == rotation.files()) {
            // Its own file: whatever else has the name stays.
            java.nio.file.Files.deleteIfExists(made.removeFirst());
        }
        if (buffer == null) {
            buffer = BlockFile.newBuffer();
        }
        OutputStream created = BlockFile.create(path, buffer);
        made.addLast(path);
        return created;
    }

    /** Not through a link: what it leads to may be a file by now. */
    private static boolean isNamedPipe(Path path) throws IOException {
        return java.nio.file.Files.exists(path, LinkOption.NOFOLLOW_LINKS)
            && ((int) java.nio.file.Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS) & TYPE_MASK)
            == NAMED_PIPE;
    }

    @Override
    public void sighting(Sighting sighting) throws IOException {
        if (rotation.isWanted() && isFull(sighting.time())) {
            next(sighting.time());
        }
        CharSequence words = comment.of(sighting, fixup != null);
        if (fixup != null) {
            fixup.fix(sighting, bytes -> file.frame(sighting, bytes, words));
        } else {
            file.frame(sighting, sighting.bytes(), words);
        }
    }

    private boolean isFull(long time) {
        return rotation.seconds() > 0 && time - beginning >= rotation.seconds() * NS_PER_S
            || rotation.maxBytes() > 0 && stream instanceof BlockFile blocks && blocks.length() >= rotation.maxBytes();
    }

    private void next(long time) throws IOException {
        end(time);
        stream.close();
        number++;
        beginning = time;
        stream = open();
        file = format.begin(stream);
    }

    /** Whether there were as many files as there may be. */
    @Override
    public boolean isOver(long time) {
        return rotation.seconds() > 0 && rotation.maxBytes() == 0 && rotation.files() > 0
            && number + 1 >= rotation.files() && isFull(time);
    }

    @Override
    public void event(Happening event) throws IOException {
        file.event(event);
    }

    @Override
    public void portDown(String name) {
        // The next of that name begins at none.
        lost.remove(name);
        file.portDown(name);
    }

    @Override
    public void lost(String port, long frames) {
        Long before = lost.put(port, frames);
        file.lost(port, frames - (before == null ? 0 : before));
    }

    @Override
    public void pause(long time) throws IOException {
        if (format.unbuffered() || pattern.equals(STANDARD_OUTPUT)) {
            stream.flush();
        }
        if (reader != null) {
            reader.require();
        }
    }

    @Override
    public void end(long time) throws IOException {
        file.end(time);
        stream.flush();
    }

    @Override
    public void close() throws IOException {
        try (reader) {
            stream.close();
        }
    }
}
