package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.daemon.InstanceException;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** Mixin: which routers a command asks. */
final class RouterOption {
    private static final String SOCKET_NAME = "router.sock";
    private static final String RUN_VARIABLE = "NK_RUN";

    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Option(
            names = {"-o", "--os"},
            paramLabel = "OS",
            description = "The OS whose router is asked. Default: each OS that has one.")
    private @Nullable String os;

    @Option(
            names = {"-s", "--socket"},
            paramLabel = "PATH",
            description = "The control socket of the router to ask, instead of an instance.")
    private @Nullable Path socket;

    /** Asks each router, and returns the replies by the name of its OS; at least one. */
    Map<String, Map<String, Object>> ask(Map<String, Object> request) throws IOException {
        Map<String, Map<String, Object>> replies = new LinkedHashMap<>();
        for (Path path : sockets()) {
            try (ControlClient client = ControlClient.connect(path)) {
                replies.put(String.valueOf(path.toAbsolutePath().getParent().getFileName()), client.call(request));
            } catch (ControlException e) {
                throw new CommandFailure(ExitStatus.UNAVAILABLE, e.getMessage(), e);
            } catch (IOException e) {
                if (socket != null || os != null) {
                    throw new CommandFailure(ExitStatus.UNAVAILABLE, "no router answers at " + path + ": " + e, e);
                }
                // What a killed router left behind is not a router.
            }
        }
        if (replies.isEmpty()) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, "no router is running"
                + "; start one with 'nanorouter demo --stay' or 'nanorouter run -c router.toml'");
        }
        return replies;
    }

    private List<Path> sockets() throws IOException {
        Path given = socket;
        if (given != null) {
            return List.of(given);
        }
        String inside = System.getenv(RUN_VARIABLE);
        if (inside != null && instance.name() == null && os == null) {
            // Within a cell its own router is meant.
            return List.of(Path.of(inside, SOCKET_NAME));
        }
        RunDirectory directory = runDirectory();
        if (os != null) {
            return List.of(directory.routerSocket(os));
        }
        List<Path> sockets = new ArrayList<>();
        Path parent = directory.directory().resolve("os");
        if (Files.isDirectory(parent)) {
            try (Stream<Path> entries = Files.list(parent)) {
                entries.sorted().map(entry -> entry.resolve(SOCKET_NAME)).filter(Files::exists).forEach(sockets::add);
            }
        }
        return sockets;
    }

    private RunDirectory runDirectory() throws IOException {
        try {
            return RunDirectory.find(RunDirectory.base(), instance.name());
        } catch (InstanceException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }
}
