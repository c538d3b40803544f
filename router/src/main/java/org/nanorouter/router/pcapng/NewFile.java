// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.pcapng;

import java.io.BufferedOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.channels.Channels;
import java.nio.channels.FileChannel;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * A file that appears under its name whole or not at all, with mode 0600. What has the name already, be it a symbolic
 * link to nowhere, is left alone. Until {@link #commit} the bytes are in a hidden file beside it, which
 * {@link #close} removes.
 */
public final class NewFile implements AutoCloseable {
    private static final int BUFFER_LENGTH = 64 << 10;

    private final Path path;
    private final Path hidden;
    private final FileChannel channel;
    private final OutputStream stream;

    private NewFile(Path path, Path hidden, FileChannel channel) {
        this.path = path;
        this.hidden = hidden;
        this.channel = channel;
        this.stream = new BufferedOutputStream(Channels.newOutputStream(channel), BUFFER_LENGTH);
    }

    /**
     * Makes the hidden file.
     *
     * @throws FileAlreadyExistsException if something has the name
     */
    public static NewFile create(Path path) throws IOException {
        if (Files.exists(path, LinkOption.NOFOLLOW_LINKS)) {
            throw new FileAlreadyExistsException(path.toString(), null, "is there already, and is not replaced");
        }
        Path hidden = path.resolveSibling(String.format(".%s.%08x", path.getFileName(),
                ThreadLocalRandom.current().nextInt()));
        // O_EXCL: never through a link, never into a file that somebody else put there.
        FileChannel channel = FileChannel.open(hidden, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return new NewFile(path, hidden, channel);
    }

    /** Takes the bytes; buffered. */
    public OutputStream stream() {
        return stream;
    }

    /** Brings all bytes to the disk, then gives the file its name. */
    public void commit() throws IOException {
        stream.flush();
        channel.force(true);
        channel.close();
        try {
            // Unlike a rename it cannot replace what came to have the name meanwhile.
            Files.createLink(path, hidden);
        } catch (FileAlreadyExistsException e) {
            throw e;
        } catch (FileSystemException | UnsupportedOperationException e) {
            // A file system without hard links.
            Files.move(hidden, path);
        }
    }

    @Override
    public void close() throws IOException {
        channel.close();
        Files.deleteIfExists(hidden);
    }
}
