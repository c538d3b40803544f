// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.router.exporter.Daemons;

/** The daemons of one instance; within an OS, its router alone. */
final class InstanceDaemons implements Daemons {
    /** Longer than any honest reply, and short enough for many that are not. */
    private static final int MAX_REPLY = 1 << 20;

    private final @Nullable RunDirectory directory;
    private final List<Path> given;

    private InstanceDaemons(@Nullable RunDirectory directory, List<Path> given) {
        this.directory = directory;
        this.given = given;
    }

    /** Those of an instance, which may end and begin as it likes. */
    static InstanceDaemons of(RunDirectory directory) {
        return new InstanceDaemons(directory, List.of());
    }

    /** The router at this socket, and no nanokernel. */
    static InstanceDaemons within(Path router) {
        return new InstanceDaemons(null, List.of(router));
    }

    @Override
    public @Nullable Daemon nanokernel() {
        RunDirectory of = directory;
        return of == null ? null
            : (deadline, verbs) -> ask(ControlClient.connect(of.controlSocket(), left(deadline)), deadline, verbs);
    }

    @Override
    public Map<String, Daemon> routers() throws IOException {
        RunDirectory of = directory;
        Map<String, Daemon> routers = new LinkedHashMap<>();
        try {
            for (Path path : of == null ? given : RouterSocket.all(of)) {
                routers.put(RouterSocket.os(path), (deadline, verbs) ->
                        ask(RouterSocket.connect(path, left(deadline)), deadline, verbs));
            }
        } catch (UncheckedIOException e) {
            throw new IOException(e.getMessage(), e);
        }
        return routers;
    }

    private static Duration left(long deadline) {
        return Duration.ofNanos(Math.max(0, deadline - System.nanoTime()));
    }

    private static List<Map<String, Object>> ask(ControlClient connected, long deadline, String... verbs)
        throws IOException, ControlException {
        try (ControlClient client = connected) {
            client.limitReplies(MAX_REPLY);
            List<Map<String, Object>> replies = new ArrayList<>();
            for (String verb : verbs) {
                replies.add(client.call(Map.of("verb", verb), deadline));
            }
            return replies;
        }
    }
}
