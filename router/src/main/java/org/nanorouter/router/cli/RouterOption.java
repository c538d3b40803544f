// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.net.ConnectException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
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
    private static final String STATE_KEY = "state";
    private static final String NO_ANSWER = "no answer";
    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    /** One OS is not to keep the user from the answers of the others. */
    private static final Duration TIMEOUT_AMONG_SEVERAL = Duration.ofSeconds(1);
    private static final int MAX_REASON = 200;

    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Option(
            names = {"-o", "--os"},
            paramLabel = "OS",
            description = "The OS whose router is asked. Default: each OS that has one.")
    private @Nullable String os;

    @Option(
            names = {"-S", "--socket"},
            paramLabel = "PATH",
            description = "The control socket of the router to ask, instead of an instance.")
    private @Nullable Path socket;

    /**
     * Asks each router, and returns the replies by the name of its OS; at least one. The reply of one among several
     * that gave none is {@link #isAnswer not an answer}.
     */
    Map<String, Map<String, Object>> ask(Map<String, Object> request) throws IOException {
        return ask(request, sockets());
    }

    Map<String, Map<String, Object>> ask(Map<String, Object> request, List<Path> sockets) {
        return answered(survey(request, sockets));
    }

    /**
     * Asks each router, as {@link #ask(Map)}, but none has to be there.
     *
     * @param only the OS whose router is asked; null: all
     */
    Map<String, Map<String, Object>> survey(Map<String, Object> request, RunDirectory directory, @Nullable String only)
            throws IOException {
        List<Path> sockets = only == null ? RouterSocket.all(directory) : List.of(directory.routerSocket(only));
        return survey(request, sockets.stream().filter(RouterSocket::isThere).toList());
    }

    private Map<String, Map<String, Object>> survey(Map<String, Object> request, List<Path> sockets) {
        Map<String, Map<String, Object>> replies = new LinkedHashMap<>();
        for (Path path : sockets) {
            String name = RouterSocket.os(path);
            try {
                replies.put(name, ask(path, request));
            } catch (ConnectException e) {
                // What a killed router left behind is not a router.
                failIfMeant(path, e);
            } catch (IOException | ControlException e) {
                failIfMeant(path, e);
                replies.put(name, noAnswer(name, e));
            }
        }
        return replies;
    }

    /** The OS that was given, or null. */
    @Nullable String os() {
        return os;
    }

    /** Whether no instance is meant, but one socket: that of {@code -s}, or within a cell that of its own router. */
    boolean isWithoutInstance() {
        return socket != null
            || System.getenv(RouterSocket.RUN_VARIABLE) != null && instance.name() == null && os == null;
    }

    /** The name of the instance that was given, or null. */
    @Nullable String instanceName() {
        return instance.name();
    }

    /** False for what stands in the place of a reply that did not come. */
    static boolean isAnswer(Map<?, ?> reply) {
        return !NO_ANSWER.equals(reply.get(STATE_KEY));
    }

    private Map<String, Object> ask(Path path, Map<String, Object> request) throws IOException, ControlException {
        try (ControlClient client = connect(path, isOneMeant() ? TIMEOUT : TIMEOUT_AMONG_SEVERAL)) {
            return client.call(request);
        }
    }

    /** Connects to a router, and makes sure that it is that of the OS in whose directory the socket is. */
    ControlClient connect(Path path, Duration timeout) throws IOException {
        return socket == null ? RouterSocket.connect(path, timeout) : ControlClient.connect(path, timeout);
    }

    /** The instance that is meant; null if only a router is: that of a socket, or within a cell its own. */
    @Nullable RunDirectory instance() throws IOException {
        return isWithoutInstance() ? null : runDirectory();
    }

    private boolean isOneMeant() {
        return socket != null || os != null;
    }

    private void failIfMeant(Path path, Exception e) {
        if (isOneMeant()) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, e instanceof ControlException
                ? reason(e) : "no router answers at " + path + ": " + reason(e), e);
        }
    }

    private static Map<String, Object> noAnswer(String name, Exception e) {
        Map<String, Object> reply = new LinkedHashMap<>();
        reply.put("os", name);
        reply.put("name", name);
        reply.put(STATE_KEY, NO_ANSWER);
        reply.put("why", reason(e));
        return reply;
    }

    private static String reason(Exception e) {
        String text = Output.printable(e.getMessage() == null ? e.toString() : e.getMessage());
        return text.substring(0, Math.min(text.length(), MAX_REASON));
    }

    private static Map<String, Map<String, Object>> answered(Map<String, Map<String, Object>> replies) {
        if (!replies.isEmpty() && replies.values().stream().noneMatch(RouterOption::isAnswer)) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, "no router answers: " + replies.values().stream()
                .map(reply -> reply.get("os") + " (" + reply.get("why") + ")").collect(Collectors.joining(", ")));
        }
        if (replies.isEmpty()) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, "no router is running"
                + "; start one with 'nanorouter demo --stay' or 'nanorouter run -c router.toml'");
        }
        return replies;
    }

    /** The control socket of the one router that is meant. */
    Path one() throws IOException {
        List<Path> sockets = sockets();
        if (sockets.isEmpty()) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, "no router is running");
        } else if (sockets.size() > 1) {
            throw new CommandFailure(ExitStatus.USAGE, "several OSes have a router, choose one with -o: "
                + sockets.stream().map(RouterSocket::os).collect(Collectors.joining(", ")));
        }
        return sockets.get(0);
    }

    /** The control socket of the nanokernel of the instance that is meant; null where only a router is known. */
    @Nullable Path kernelSocket() throws IOException {
        return isWithoutInstance() ? null : runDirectory().controlSocket();
    }

    List<Path> sockets() throws IOException {
        Path given = socket;
        if (given != null) {
            return List.of(given);
        }
        String inside = System.getenv(RouterSocket.RUN_VARIABLE);
        if (inside != null && instance.name() == null && os == null) {
            // Within a cell its own router is meant.
            return List.of(RouterSocket.within(inside));
        }
        return sockets(runDirectory());
    }

    /** The control sockets that routers of an instance have now. */
    List<Path> sockets(RunDirectory directory) throws IOException {
        if (os != null) {
            return List.of(directory.routerSocket(os));
        }
        return RouterSocket.all(directory);
    }

    /** Of a living nanokernel; else, if there is one alone, of a dead one whose routers go on. */
    RunDirectory runDirectory() throws IOException {
        Path base = RunDirectory.base();
        try {
            return RunDirectory.find(base, instance.name());
        } catch (InstanceException e) {
            List<RunDirectory> orphans = RunDirectory.living(base).isEmpty() || instance.name() != null
                ? orphans(base) : List.of();
            if (orphans.size() == 1) {
                return orphans.get(0);
            }
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }

    /** Directories in which a router may go on that lost its nanokernel: that of the name given, or all. */
    private List<RunDirectory> orphans(Path base) throws IOException {
        List<RunDirectory> orphans = new ArrayList<>();
        if (!Files.isDirectory(base)) {
            return orphans;
        }
        try (Stream<Path> entries = Files.list(base)) {
            for (Path entry : entries.sorted().toList()) {
                String name = entry.getFileName().toString();
                if (RunDirectory.isName(name) && (instance.name() == null || name.equals(instance.name()))) {
                    RunDirectory directory = RunDirectory.of(base, name);
                    if (!directory.isLiving() && !RouterSocket.all(directory).isEmpty()) {
                        orphans.add(directory);
                    }
                }
            }
        } catch (InstanceException e) {
            throw new IOException(e);
        }
        return orphans;
    }
}
