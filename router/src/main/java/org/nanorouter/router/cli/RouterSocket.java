// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.SocketFile;
import org.nanorouter.nanokernel.daemon.RunDirectory;

/** The control sockets of routers, which lie in the directories of their OSes. */
final class RouterSocket {
    /** Environment variable of an OS with its directory. */
    static final String RUN_VARIABLE = "NK_RUN";

    private static final String NAME = "router.sock";

    private RouterSocket() {
    }

    /** That of the OS with this directory. */
    static Path within(String directory) {
        return Path.of(directory, NAME);
    }

    /** The name of the OS in whose directory a socket lies. */
    static String os(Path socket) {
        return String.valueOf(socket.toAbsolutePath().getParent().getFileName());
    }

    /** Those of an instance that are there, whether somebody listens or not. */
    static List<Path> all(RunDirectory directory) throws IOException {
        List<Path> sockets = new ArrayList<>();
        Path parent = directory.directory().resolve("os");
        if (Files.isDirectory(parent)) {
            try (Stream<Path> entries = Files.list(parent)) {
                entries.sorted().map(entry -> entry.resolve(NAME)).filter(RouterSocket::isThere)
                    .forEach(sockets::add);
            }
        }
        return sockets;
    }

    static boolean isThere(Path path) {
        return Files.exists(path, LinkOption.NOFOLLOW_LINKS);
    }

    /**
     * Connects to the router of an OS.
     *
     * @throws IOException if nobody listens there, or somebody else than that OS's root
     */
    static ControlClient connect(Path path, Duration timeout) throws IOException {
        // The directory is the OS's own: what is there may be anything, also a link to the socket of another OS.
        if (!SocketFile.isSocket(path)) {
            throw new IOException(path + " is not a socket");
        }
        ControlClient client = ControlClient.connect(path, timeout);
        try {
            checkOwner(path, client.peer());
            return client;
        } catch (IOException | RuntimeException e) {
            client.close();
            throw e;
        }
    }

    /** Between the look and the connection the OS may have put a link in the socket's place. */
    private static void checkOwner(Path path, UserPrincipal peer) throws IOException {
        if (!peer.equals(Files.getOwner(path.toAbsolutePath().getParent(), LinkOption.NOFOLLOW_LINKS))) {
            throw new IOException("who listens at " + path + " is not the OS's root, but " + peer.getName());
        }
    }
}
