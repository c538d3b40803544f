// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;

/**
 * The process that the nanokernel started for an OS: {@code nk-cell}, or the init command itself.
 *
 * <p>A pid may mean another process later, so processes are signalled through descriptors.
 */
public final class CellProcess {
    /** Hears of the process, on the executor's thread. */
    public interface Listener {
        /**
         * The init command is about to run.
         *
         * @param pid process 1 of the cell, or the init command itself, as the machine numbers it
         */
        void started(CellProcess cell, long pid);

        /**
         * The process ended, and everything in the cell with it.
         *
         * @param status    exit code, 128 + signal if a signal ended it
         * @param complaint why the cell could not be made; null if it was
         */
        void ended(CellProcess cell, int status, @Nullable String complaint);
    }

    private static final int NO_DESCRIPTOR = -1;
    private static final int SIGKILL = 9;
    private static final int SIGTERM = 15;
    private static final String PID_LINE = "pid ";
    /** Ways to the service manager and to the keeper, which are the nanokernel's alone. */
    private static final List<String> OWN_VARIABLES =
            List.of("NK_KEEPER", "NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID",
                    "LISTEN_FDNAMES");
    private static final Path NULL_DEVICE = Path.of("/dev/null");

    private final long pid;
    private final boolean adopted;
    /** Of the process itself, and of process 1 of its cell. */
    private int descriptor;
    private int initDescriptor = NO_DESCRIPTOR;
    private long init;

    private CellProcess(long pid, int descriptor, boolean adopted) {
        this.pid = pid;
        this.descriptor = descriptor;
        this.adopted = adopted;
    }

    /** Of one that was just started; it may have ended already. */
    static CellProcess of(Process process) throws IOException {
        int fd = org.nanorouter.shim.Process.pidfdOpen((int) process.pid());
        // Java says for a moment that it is alive which Java has reaped.
        if (fd < 0 && fd != -Errno.ESRCH && process.isAlive()) {
            process.destroyForcibly();
            throw new IOException("no descriptor of process " + process.pid() + ": " + Errno.describe(-fd));
        } else if (fd >= 0 && !process.isAlive()) {
            // Java has reaped it, perhaps before the descriptor was opened.
            Fd.close(fd);
            fd = NO_DESCRIPTOR;
        }
        return new CellProcess(process.pid(), fd < 0 ? NO_DESCRIPTOR : fd, false);
    }

    /**
     * Starts {@code nk-cell}.
     *
     * @param inheritInput whether it has our standard input, its lifeline
     */
    public static CellProcess startCell(List<String> command, boolean inheritInput, Executor executor,
            Listener listener) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectInput(inheritInput ? Redirect.INHERIT : Redirect.from(NULL_DEVICE.toFile()));
        builder.environment().keySet().removeAll(OWN_VARIABLES);
        Process process = builder.start();
        CellProcess cell = of(process);
        Thread reader = new Thread(() -> cell.awaitPid(process, executor, listener), "cell-start");
        reader.setDaemon(true);
        reader.start();
        return cell;
    }

    /** Starts a program as it is; what it writes goes to the log. */
    public static CellProcess startProgram(List<String> command, Map<String, String> environment, Path log,
            Executor executor, Listener listener) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                .redirectInput(NULL_DEVICE.toFile()).redirectOutput(Redirect.appendTo(log.toFile()));
        builder.environment().clear();
        builder.environment().putAll(environment);
        Process process = builder.start();
        CellProcess cell = of(process);
        cell.init = cell.pid;
        executor.execute(() -> listener.started(cell, cell.pid));
        cell.onEnd(process, executor, listener, null);
        return cell;
    }

    /**
     * Takes over what a nanokernel started that was killed. No listener hears of its start.
     *
     * @param pid    of nk-cell, or of the program
     * @param began  when it was started, as {@link CellRecord#startTime} says; another process is left alone
     * @param isCell whether it is nk-cell
     * @return null if it is not there any more
     */
    public static @Nullable CellProcess adopt(long pid, OptionalLong began, boolean isCell) {
        int fd = org.nanorouter.shim.Process.pidfdOpen((int) pid);
        if (fd < 0) {
            return null;
        }
        // The descriptor first: what it was opened on cannot become another process in between.
        if (!CellRecord.startTime(pid).equals(began)) {
            Fd.close(fd);
            return null;
        }
        CellProcess cell = new CellProcess(pid, fd, true);
        if (isCell) {
            cell.findInit();
        } else {
            cell.init = pid;
        }
        return cell;
    }

    /** Stands for one that ended before it could be taken over. */
    public static CellProcess ended(long pid) {
        return new CellProcess(pid, NO_DESCRIPTOR, true);
    }

    /** Of nk-cell's children process 1 is the one with a pid namespace of its own. */
    private void findInit() {
        ProcessHandle.of(pid).flatMap(watcher -> watcher.children().filter(CellProcess::isInCell).findFirst())
                .ifPresent(child -> {
                    int fd = org.nanorouter.shim.Process.pidfdOpen((int) child.pid());
                    if (fd >= 0) {
                        initDescriptor = fd;
                        init = child.pid();
                    }
                });
    }

    private static boolean isInCell(ProcessHandle process) {
        try {
            return !Files.readSymbolicLink(Path.of("/proc/" + process.pid() + "/ns/pid"))
                    .equals(Files.readSymbolicLink(Path.of("/proc/self/ns/pid")));
        } catch (IOException e) {
            return false;
        }
    }

    /** Whether a nanokernel before this one started it. */
    public boolean isAdopted() {
        return adopted;
    }

    /** Of one that was taken over: it has ended. */
    public void exited(int status, Listener listener) {
        listener.ended(this, status, null);
        close();
    }

    private void close() {
        descriptor = close(descriptor);
        initDescriptor = close(initDescriptor);
    }

    private static int close(int fd) {
        if (fd != NO_DESCRIPTOR) {
            Fd.close(fd);
        }
        return NO_DESCRIPTOR;
    }

    /** Reads what nk-cell writes up to the pid; without one, all of it is its complaint. */
    private void awaitPid(Process process, Executor executor, Listener listener) {
        StringBuilder complaint = new StringBuilder();
        try {
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith(PID_LINE)) {
                    long pid = Long.parseLong(line.substring(PID_LINE.length()).trim());
                    executor.execute(() -> started(process, pid, listener));
                    onEnd(process, executor, listener, null);
                    return;
                }
                complaint.append(complaint.isEmpty() ? "" : "; ").append(line);
            }
        } catch (IOException | UncheckedIOException | NumberFormatException e) {
            complaint.append(e);
        }
        onEnd(process, executor, listener, complaint.isEmpty() ? "nk-cell ended without a word" : complaint.toString());
    }

    private void started(Process process, long newInit, Listener listener) {
        init = newInit;
        int fd = org.nanorouter.shim.Process.pidfdOpen((int) newInit);
        if (fd >= 0 && process.isAlive()) {
            // nk-cell lives, so it has not reaped process 1, and the pid is still that of process 1.
            initDescriptor = fd;
        } else if (fd >= 0) {
            Fd.close(fd);
        }
        listener.started(this, newInit);
    }

    private void onEnd(Process process, Executor executor, Listener listener, @Nullable String complaint) {
        process.onExit().thenAccept(ended -> executor.execute(() -> {
            listener.ended(this, ended.exitValue(), complaint);
            close();
        }));
    }

    /** Becomes readable when process 1 of the cell ends, which is told later with its status; -1: there is none. */
    public int initDescriptor() {
        return initDescriptor;
    }

    /** Pid of process 1 of the cell, or of the program, as the machine numbers it; 0: not known. */
    public long init() {
        return init;
    }

    /** Pid of the process that was started, not of what runs in the cell. */
    public long pid() {
        return pid;
    }

    /** Asks the init command to end. */
    public void terminate() {
        signal(descriptor, SIGTERM);
    }

    /** Ends the init command, and the cell with it. */
    public void kill() {
        // Process 1 first: nk-cell then reports its end, and takes its own files away.
        if (!signal(initDescriptor, SIGKILL)) {
            signal(descriptor, SIGKILL);
        }
    }

    /** Ends everything at once, whatever state it is in. */
    public void killAll() {
        signal(initDescriptor, SIGKILL);
        signal(descriptor, SIGKILL);
    }

    /** False if there is nothing to be signalled. */
    private static boolean signal(int fd, int number) {
        return fd != NO_DESCRIPTOR && org.nanorouter.shim.Process.pidfdSendSignal(fd, number) != -Errno.ESRCH;
    }
}
