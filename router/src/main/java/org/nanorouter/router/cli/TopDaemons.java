// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.router.top.Daemons;

/** The daemons that {@code top} asks. */
final class TopDaemons implements Daemons {
    private static final Duration TIMEOUT = Duration.ofMillis(300);
    /** Bytes; longer than any honest reply. */
    private static final int MAX_REPLY = 1 << 20;

    private final RouterOption option;
    private final @Nullable RunDirectory instance;
    private final List<Path> fixed;

    /** Those that are meant now, and as long as it runs. */
    TopDaemons(RouterOption option) throws IOException {
        this.option = option;
        this.instance = option.instance();
        this.fixed = instance == null ? option.sockets() : List.of();
    }

    @Override
    public boolean hasNanokernel() {
        return instance != null;
    }

    @Override
    public ControlClient nanokernel() throws IOException {
        if (instance == null) {
            throw new IOException("no nanokernel is asked");
        }
        return ControlClient.connect(instance.controlSocket(), TIMEOUT);
    }

    @Override
    public Map<String, Path> routers() throws IOException {
        Map<String, Path> routers = new TreeMap<>();
        for (Path socket : instance == null ? fixed : option.sockets(instance)) {
            routers.put(RouterSocket.os(socket), socket);
        }
        return routers;
    }

    @Override
    public ControlClient router(Path socket) throws IOException {
        ControlClient client = option.connect(socket, TIMEOUT);
        client.limitReplies(MAX_REPLY);
        return client;
    }
}
