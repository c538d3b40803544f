// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.StandardOpenOption;
import java.security.SecureRandom;
import java.util.Set;
import org.nanorouter.nanokernel.abi.AttachDescriptor;

/**
 * The directory of one OS, in which the OS's own root may do as it likes: so it is made anew for each epoch, filled
 * while nobody else can enter it, and only then given away.
 */
public final class OsDirectory {
    /** Leaves the files to the nanokernel's own user. */
    public static final long OWN_USER = -1;

    private static final SecureRandom RANDOM = new SecureRandom();

    private final Path directory;
    private final long owner;

    /**
     * Names a directory, which need not be there.
     *
     * @param owner uid and gid of the OS's root, or {@link #OWN_USER}
     */
    public OsDirectory(Path directory, long owner) {
        this.directory = directory;
        this.owner = owner;
    }

    public Path path() {
        return directory;
    }

    public Path attachSocket() {
        return directory.resolve("attach.sock");
    }

    public Path token() {
        return directory.resolve("token");
    }

    public Path consoleLog() {
        return directory.resolve("console.log");
    }

    /** Makes the directory anew; of an old one the console log is kept. */
    public void create() throws IOException {
        Path kept = directory.resolveSibling("." + directory.getFileName() + ".log");
        if (Files.isDirectory(directory, LinkOption.NOFOLLOW_LINKS)
                && Files.isRegularFile(consoleLog(), LinkOption.NOFOLLOW_LINKS)) {
            Files.move(consoleLog(), kept, StandardCopyOption.REPLACE_EXISTING);
        }
        FileTree.remove(directory);
        Files.createDirectory(directory,
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        if (Files.exists(kept, LinkOption.NOFOLLOW_LINKS)) {
            Files.move(kept, consoleLog());
        }
    }

    /** Writes a new token and returns it. */
    public byte[] writeToken() throws IOException {
        byte[] token = new byte[AttachDescriptor.TOKEN_LENGTH];
        RANDOM.nextBytes(token);
        try (var channel = Files.newByteChannel(token(),
                Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            channel.write(ByteBuffer.wrap(token));
        }
        return token;
    }

    /** Gives the directory and the files that the OS must reach to its root. */
    public void give() throws IOException {
        if (owner != OWN_USER) {
            give(attachSocket());
            give(token());
            give(directory);
        }
    }

    private void give(Path path) throws IOException {
        Files.setAttribute(path, "unix:gid", (int) owner, LinkOption.NOFOLLOW_LINKS);
        Files.setAttribute(path, "unix:uid", (int) owner, LinkOption.NOFOLLOW_LINKS);
    }

    /** Removes the directory and what is in it. */
    public void remove() throws IOException {
        FileTree.remove(directory);
    }
}
