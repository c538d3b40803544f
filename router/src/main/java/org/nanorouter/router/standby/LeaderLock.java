// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.FileChannel;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The right to be the router of an OS: a record lock of fcntl(2) on a file that has the leader's pid in it.
 *
 * <p>Such a lock is lost when its process closes <em>any</em> descriptor of the file, so nothing here opens the file a
 * second time. The file is never removed: who waits on a removed one would not keep those out who make it anew. Where
 * somebody else removed it, as a nanokernel does that starts over, who gets the lock takes that of the new file, too.
 * One thread uses it, except for {@link #stopWaiting}.
 */
public final class LeaderLock implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(LeaderLock.class);
    private static final String SUFFIX = ".lock";
    private static final int MAX_PID_LENGTH = 20;

    /** What is open, and which file it was when it was opened. */
    private record Opened(FileChannel channel, @Nullable Object inode) {
    }

    private final Path file;
    private volatile Opened opened;
    private volatile boolean waiting;
    private volatile boolean stopped;

    private LeaderLock(Path file, Opened opened) {
        this.file = file;
        this.opened = opened;
    }

    /** Opens the lock of the routers with this control socket; nobody is asked yet. */
    public static LeaderLock beside(Path controlSocket) throws IOException {
        Path file = controlSocket.resolveSibling(controlSocket.getFileName() + SUFFIX);
        return new LeaderLock(file, open(file));
    }

    public Path file() {
        return file;
    }

    private static Opened open(Path file) throws IOException {
        FileChannel channel = FileChannel.open(file,
            Set.of(StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE),
            PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")));
        return new Opened(channel, inode(file));
    }

    private static @Nullable Object inode(Path file) throws IOException {
        try {
            return Files.getAttribute(file, "unix:ino");
        } catch (NoSuchFileException e) {
            return null;
        }
    }

    /** Takes the right to lead; false if another router has it. */
    public boolean tryTake() throws IOException {
        while (true) {
            try {
                if (opened.channel.tryLock() == null) {
                    return false;
                }
            } catch (OverlappingFileLockException e) {
                // Another router in this very process.
                return false;
            }
            if (isCurrent()) {
                writePid();
                return true;
            }
            reopen();
        }
    }

    /** Waits for the right to lead, asleep in the kernel; false if {@link #stopWaiting} came first. */
    public boolean await() throws IOException {
        waiting = true;
        try {
            do {
                if (stopped) {
                    return false;
                }
                opened.channel.lock();
                if (isCurrent()) {
                    writePid();
                    return true;
                }
                reopen();
            } while (true);
        } catch (ClosedChannelException e) {
            return false;
        } finally {
            waiting = false;
        }
    }

    /** Whether the locked file is the one that others find under its name. */
    private boolean isCurrent() throws IOException {
        Object inode = opened.inode;
        return inode != null && inode.equals(inode(file));
    }

    private void reopen() throws IOException {
        Opened old = opened;
        opened = open(file);
        old.channel.close();
        if (stopped) {
            opened.channel.close();
        }
    }

    private void writePid() throws IOException {
        String pid = Long.toString(ProcessHandle.current().pid());
        opened.channel.truncate(0);
        opened.channel.write(ByteBuffer.wrap(pid.getBytes(StandardCharsets.US_ASCII)), 0);
    }

    /** Pid of the router that leads, as it wrote it down itself; empty if it has not yet. */
    public String leader() throws IOException {
        ByteBuffer text = ByteBuffer.allocate(MAX_PID_LENGTH);
        opened.channel.read(text, 0);
        return new String(text.array(), 0, text.position(), StandardCharsets.US_ASCII).replaceAll("[^0-9]", "");
    }

    /** Ends the waiting of {@link #await}; who leads already goes on. From any thread. */
    public void stopWaiting() {
        stopped = true;
        if (waiting) {
            close();
        }
    }

    /** Gives the right back; the last thing that a leader does. */
    @Override
    public void close() {
        try {
            opened.channel.close();
        } catch (IOException e) {
            // Given back all the same.
            LOG.warn("{} was not closed in order: {}", file, e.toString());
        }
    }
}
