// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.cell.CellRecord;
import org.nanorouter.nanokernel.cell.FileTree;

/** Shows that an instance's nanokernel lives; the kernel takes it back when the process ends, however it ends. */
public final class InstanceLock implements AutoCloseable {
    private final RunDirectory directory;
    private final FileChannel channel;
    private boolean closed;

    private InstanceLock(RunDirectory directory, FileChannel channel) {
        this.directory = directory;
        this.channel = channel;
    }

    static InstanceLock take(RunDirectory directory) throws IOException, InstanceException {
        Path file = directory.lockFile();
        while (true) {
            FileChannel channel = FileChannel.open(file,
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
            Object opened = inode(file);
            if (!isFree(channel)) {
                channel.close();
                throw new InstanceException("a nanokernel runs already in " + directory
                        + "; choose another instance with -I NAME");
            }
            // An ending nanokernel may have removed the file between the opening and the locking.
            if (opened != null && opened.equals(inode(file))) {
                return new InstanceLock(directory, channel);
            }
            channel.close();
        }
    }

    private static boolean isFree(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static @Nullable Object inode(Path file) throws IOException {
        try {
            return Files.getAttribute(file, "unix:ino");
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Ends and removes what a nanokernel left there that was killed. */
    void clean(CellRecord record) throws IOException {
        record.endLeftovers();
        FileTree.remove(directory.osParent());
        Files.createDirectory(directory.osParent());
        Files.setPosixFilePermissions(directory.osParent(), PosixFilePermissions.fromString("rwx--x--x"));
    }

    /** Removes all files of the instance, the lock last, and gives the lock back. */
    @Override
    public void close() throws IOException {
        if (closed) {
            return;
        }
        closed = true;
        try (channel) {
            FileTree.remove(directory.osParent());
            Files.deleteIfExists(directory.controlSocket());
            Files.deleteIfExists(directory.cellsFile());
            Files.deleteIfExists(directory.lockFile());
            FileTree.removeIfEmpty(directory.directory());
            FileTree.removeIfEmpty(directory.directory().getParent());
        }
    }
}
