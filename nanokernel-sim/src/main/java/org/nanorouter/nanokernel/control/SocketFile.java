// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.control;

import java.io.IOException;
import java.net.BindException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.concurrent.ThreadLocalRandom;

/** The file of a listening stream socket, which its owner alone may connect to. */
public final class SocketFile {
    /** Bytes of a unix socket's path that the kernel takes. */
    public static final int MAX_PATH = 107;

    private static final int FILE_TYPE = 0170000;
    private static final int SOCKET_TYPE = 0140000;

    private SocketFile() {
    }

    /** Binds a socket. */
    @FunctionalInterface
    public interface Binding {
        /** Binds it to this path, where nothing is yet. */
        void bind(Path hidden) throws IOException;
    }

    /**
     * Has a socket bound where nobody can reach it, and moves its file, with mode 0600, to its path. What is there is
     * replaced, unless somebody serves it.
     *
     * @throws BindException if another process serves this path
     */
    public static void create(Path path, Binding binding) throws IOException {
        if (path.toString().getBytes(StandardCharsets.UTF_8).length > MAX_PATH) {
            throw new IOException("path=" + path + " is longer than the " + MAX_PATH + " bytes of a socket's path");
        }
        if (isServed(path)) {
            throw new BindException("path=" + path + " is served by another process");
        }
        // The name is short, so that a path that fits its own limit fits this one, too, in all but extreme cases.
        Path room = path.resolveSibling(String.format(".%04x", ThreadLocalRandom.current().nextInt(1 << 16)));
        Files.createDirectory(room, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        Path hidden = room.resolve("s");
        try {
            binding.bind(hidden);
            Files.setPosixFilePermissions(hidden, PosixFilePermissions.fromString("rw-------"));
            Files.move(hidden, path, StandardCopyOption.ATOMIC_MOVE);
        } finally {
            Files.deleteIfExists(hidden);
            Files.deleteIfExists(room);
        }
    }

    private static boolean isServed(Path path) {
        if (!Files.exists(path)) {
            return false;
        }
        try (SocketChannel probe = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            return probe.isConnected();
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a socket's file is at this path, and no link to one. */
    public static boolean isSocket(Path path) throws IOException {
        int mode = (Integer) Files.getAttribute(path, "unix:mode", LinkOption.NOFOLLOW_LINKS);
        return (mode & FILE_TYPE) == SOCKET_TYPE;
    }
}
