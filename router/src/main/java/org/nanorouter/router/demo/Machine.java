// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.router.process.Entrance;

/** The nanokernel of the demonstration and its OSes, seen from outside. Ends with this process, however that ends. */
final class Machine implements AutoCloseable {
    static final String HOST = "host";
    static final String GUEST = "guest";

    /**
     * Makes a directory and tells its name, then waits for the name of the instance, and runs the nanokernel with the
     * lifeline as its standard input. Whatever happens, it removes the directory at last.
     */
    private static final String KEEPER = """
            trap '' INT HUP QUIT
            files=$(mktemp -d "${TMPDIR:-/tmp}/nanorouter-demo-XXXXXX") || exit 73
            echo "$files"
            read -r instance && "$1" kernel -I "$instance" -c "$files/machine.toml" --lifeline
            status=$?
            rm -rf -- "$files"
            exit $status
            """;
    /** Runs a router with the lifeline as its standard input, and again as long as a signal ends it. */
    private static final String ROUTER_KEEPER = """
            trap '' INT HUP QUIT
            while "$@"; status=$?; [ $status -gt 128 ]; do :; done
            exit $status
            """;
    /** One leads, the other stands by. */
    private static final int ROUTERS = 2;
    /** What a nanokernel says that finds another one in its place, as when two start at the same time. */
    private static final String TAKEN = "a nanokernel runs already";
    /** Ends a command with its parent, however that ends. Those in a cell end with the cell. */
    private static final List<String> MORTAL = List.of("setpriv", "--pdeathsig", "KILL");
    private static final Duration BOOT_LIMIT = Duration.ofSeconds(60);
    private static final Duration POLL = Duration.ofMillis(20);
    private static final Duration LONG = Duration.ofDays(365);
    private static final int LOG_LINES = 12;
    /** On a busy machine an OS may be suspect before anybody looked: it beats again, or it is hung soon. */
    private static final Set<Object> UNDECIDED = Set.of("defined", "booting", "restarting", "suspect");
    private static final String LISTENING = "0A";

    private final DemoSettings settings;
    private final DemoFiles files;
    private final RunDirectory run;
    private final Daemon keeper;
    /** Those of the external host OS; in a cell they are its services. */
    private final List<Daemon> routers = new ArrayList<>();

    private Machine(DemoSettings settings, DemoFiles files, RunDirectory run, Daemon keeper) {
        this.settings = settings;
        this.files = files;
        this.run = run;
        this.keeper = keeper;
    }

    /** Starts the nanokernel and waits until it answers; empty if the instance's place is taken. */
    static Optional<Machine> start(DemoSettings settings, RunDirectory run, Writer writer)
            throws IOException, InterruptedException, StepFailure {
        if (run.isLiving()) {
            return Optional.empty();
        }
        Daemon keeper = Daemon.start(List.of("/bin/sh", "-c", KEEPER, "nanorouter-demo", program(settings)), Map.of());
        DemoFiles files = DemoFiles.in(Path.of(keeper.firstLine(BOOT_LIMIT)));
        writer.write(files);
        keeper.tell(run.name());
        Machine machine = new Machine(settings, files, run, keeper);
        try {
            machine.await("the nanokernel does not answer", machine::isOurs);
        } catch (StepFailure e) {
            if (machine.logs().contains(TAKEN)) {
                return Optional.empty();
            }
            throw e;
        }
        return Optional.of(machine);
    }

    /** True once the instance's nanokernel answers and is not that of another demonstration. */
    private boolean isOurs() throws IOException {
        try (ControlClient client = ControlClient.connect(run.controlSocket())) {
            return client.call("status").get("pid") instanceof Number pid && keeper.isAncestorOf(pid.longValue());
        } catch (ControlException e) {
            throw new IOException(e);
        }
    }

    /** Starts the routers of the external host OS, in the network namespace of this process. */
    void startRouters() throws IOException {
        for (int i = 0; i < ROUTERS; i++) {
            routers.add(Daemon.start(List.of("/bin/sh", "-c", ROUTER_KEEPER, "nanorouter-demo-router",
                    program(settings), "run", "--standby", "-c", files.router().toString(), "--lifeline"), Map.of(
                    "NK_OS", HOST,
                    "NK_RUN", run.osDirectory(HOST).toString(),
                    "NK_ATTACH", run.attachSocket(HOST).toString(),
                    "NK_TOKEN_FILE", run.tokenFile(HOST).toString())));
        }
    }

    private static String program(DemoSettings settings) {
        return settings.home().resolve("bin/nanorouter").toString();
    }

    String name() {
        return run.name();
    }

    Path kernelSocket() {
        return run.controlSocket();
    }

    /** Writes what the nanokernel and its OSes read. */
    interface Writer {
        void write(DemoFiles files) throws IOException;
    }

    private interface Condition {
        boolean holds() throws IOException;
    }

    private void await(String otherwise, Condition condition) throws InterruptedException, StepFailure {
        long deadline = System.nanoTime() + BOOT_LIMIT.toNanos();
        while (!holds(condition)) {
            if (keeper.awaitEnd(POLL)) {
                throw new StepFailure("the nanokernel ended with exit code " + keeper.exitStatus(), logs());
            }
            for (Daemon router : routers) {
                if (!router.isAlive()) {
                    throw new StepFailure("a router ended with exit code " + router.exitStatus(), logs());
                }
            }
            if (System.nanoTime() > deadline) {
                throw new StepFailure(otherwise, logs());
            }
        }
    }

    private static boolean holds(Condition condition) {
        try {
            return condition.holds();
        } catch (IOException e) {
            // Not there yet.
            return false;
        }
    }

    /** Waits until the nanokernel says that an OS runs: its endpoint is attached and frames can flow. */
    void awaitRunning(String os) throws InterruptedException, StepFailure {
        AtomicReference<Object> state = new AtomicReference<>();
        await("OS " + os + " does not come up", () -> {
            state.set(askKernel("os.show", os, "state"));
            return isDecided(state.get());
        });
        if (!"running".equals(state.get())) {
            throw new StepFailure("OS " + os + " is " + state.get(), logs());
        }
    }

    static boolean isDecided(Object state) {
        return !UNDECIDED.contains(state);
    }

    /** Waits until somebody in an OS listens at a TCP port. */
    void awaitListening(String os, int port) throws InterruptedException, StepFailure {
        await("nobody listens at port " + port + " of " + os, () -> listens(os, port));
    }

    private boolean listens(String os, int port) throws IOException {
        String local = String.format(":%04X", port);
        for (String table : List.of("tcp", "tcp6")) {
            for (String line : Files.readAllLines(Path.of("/proc", String.valueOf(pid(os)), "net", table))) {
                String[] words = line.strip().split("\\s+");
                if (words.length > 3 && words[1].endsWith(local) && words[3].equals(LISTENING)) {
                    return true;
                }
            }
        }
        return false;
    }

    /** Process 1 of a cell, or this process if the OS is the machine's own Linux. */
    private long pid(String os) throws IOException {
        return isExternal(os) ? ProcessHandle.current().pid() : ((Number) askKernel("os.enter", os, "pid")).longValue();
    }

    private Object askKernel(String verb, String os, String key) throws IOException {
        Object value = askKernel(verb, os).get(key);
        if (value == null) {
            throw new IOException(verb + " says no " + key + " of " + os);
        }
        return value;
    }

    private Map<String, Object> askKernel(String verb, String os) throws IOException {
        try (ControlClient client = ControlClient.connect(run.controlSocket())) {
            return client.call(verb, "os", os);
        } catch (ControlException e) {
            throw new IOException(e);
        }
    }

    private boolean isExternal(String os) {
        return settings.externalHost() && os.equals(HOST);
    }

    /** The command line that runs a command inside an OS, as {@code nanorouter exec} does. */
    List<String> inside(String os, String... command) throws IOException {
        List<String> line = new ArrayList<>();
        if (isExternal(os)) {
            line.addAll(MORTAL);
            line.addAll(List.of(command));
            return line;
        }
        Map<String, Object> entrance = askKernel("os.enter", os);
        line.addAll(List.of("env", "-i", "TERM=xterm"));
        ((Map<?, ?>) entrance.get("environment")).forEach((name, value) -> line.add(name + "=" + value));
        line.addAll(List.of(command));
        return Entrance.command(entrance, line);
    }

    /** Commands of an OS that a shell connects by pipes. */
    List<String> pipeline(String os, String... commands) throws IOException {
        // The end of a shell alone is not that of what it started.
        String before = isExternal(os) ? String.join(" ", MORTAL) + " " : "";
        return inside(os, "sh", "-c", before + String.join(" | " + before, commands));
    }

    /** A file of an OS, as this process reaches it. */
    Path fromOutside(String os, String file) throws IOException {
        return isExternal(os) ? Path.of(file) : Path.of("/proc/" + pid(os) + "/root" + file);
    }

    /** A directory of an OS for the files of the transfers. */
    String workDirectory(String os) {
        return isExternal(os) ? files.directory().toString() : "/tmp";
    }

    /** What the router of the host OS answers to a verb. */
    Map<String, Object> askRouter(String verb) throws IOException, ControlException {
        try (ControlClient client = ControlClient.connect(run.routerSocket(HOST))) {
            return client.call(verb);
        }
    }

    /** What every port of the router of the host OS counted, one port a line: where a lost frame was lost. */
    String counters() throws IOException {
        StringBuilder lines = new StringBuilder();
        try {
            ((List<?>) askRouter("port").get("ports")).forEach(port -> lines.append(port).append('\n'));
        } catch (ControlException e) {
            lines.append("the router does not say what it counted: ").append(e.getMessage()).append('\n');
        }
        return lines.toString();
    }

    /** The ends of all logs that are there. */
    String logs() {
        StringBuilder logs = new StringBuilder();
        for (Path log : List.of(run.consoleLog(HOST), run.consoleLog(GUEST))) {
            try {
                List<String> lines = Files.readAllLines(log);
                lines.stream().skip(Math.max(0, lines.size() - LOG_LINES))
                        .forEach(line -> logs.append(line).append('\n'));
            } catch (IOException e) {
                // This one was not written, or is gone with its nanokernel.
                continue;
            }
        }
        routers.forEach(router -> logs.append(router.output()).append('\n'));
        return logs.append(keeper.output()).toString();
    }

    /** Waits until the nanokernel ends by itself. */
    void awaitEnd() throws InterruptedException {
        boolean ended = keeper.awaitEnd(LONG);
        while (!ended) {
            ended = keeper.awaitEnd(LONG);
        }
    }

    /** Breaks the lifelines and waits until everything has ended; false if it had to be killed. */
    boolean end() throws IOException, InterruptedException {
        boolean inOrder = true;
        for (Daemon router : routers) {
            inOrder &= router.end();
        }
        inOrder &= keeper.end();
        close();
        return inOrder;
    }

    @Override
    public void close() {
        routers.forEach(Daemon::close);
        keeper.close();
    }
}
