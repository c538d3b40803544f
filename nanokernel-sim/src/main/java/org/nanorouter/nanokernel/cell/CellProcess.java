// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.io.UncheckedIOException;
import java.lang.ProcessBuilder.Redirect;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;

/**
 * The process that the nanokernel started for an OS: {@code nk-cell}, or the init command itself.
 *
 * <p>A pid may mean another process later. So the JVM's own child is signalled through the JVM, which alone reaps it,
 * and process 1 of a cell through a descriptor.
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
    private static final String PID_LINE = "pid ";
    /** Ways to the service manager, which are the nanokernel's alone. */
    private static final List<String> OWN_VARIABLES =
            List.of("NOTIFY_SOCKET", "WATCHDOG_USEC", "WATCHDOG_PID", "LISTEN_FDS", "LISTEN_PID", "LISTEN_FDNAMES");
    private static final Path NULL_DEVICE = Path.of("/dev/null");

    private final Process process;
    private int pidFd = NO_DESCRIPTOR;

    private CellProcess(Process process) {
        this.process = process;
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
        CellProcess cell = new CellProcess(builder.start());
        Thread reader = new Thread(() -> cell.awaitPid(executor, listener), "cell-start");
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
        CellProcess cell = new CellProcess(builder.start());
        executor.execute(() -> listener.started(cell, cell.process.pid()));
        cell.process.onExit().thenAccept(ended ->
                executor.execute(() -> listener.ended(cell, ended.exitValue(), null)));
        return cell;
    }

    /** Reads what nk-cell writes up to the pid; without one, all of it is its complaint. */
    private void awaitPid(Executor executor, Listener listener) {
        StringBuilder complaint = new StringBuilder();
        try {
            BufferedReader reader =
                    new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8));
            for (String line = reader.readLine(); line != null; line = reader.readLine()) {
                if (line.startsWith(PID_LINE)) {
                    long pid = Long.parseLong(line.substring(PID_LINE.length()).trim());
                    executor.execute(() -> started(pid, listener));
                    onEnd(executor, listener, null);
                    return;
                }
                complaint.append(complaint.isEmpty() ? "" : "; ").append(line);
            }
        } catch (IOException | UncheckedIOException | NumberFormatException e) {
            complaint.append(e);
        }
        onEnd(executor, listener, complaint.isEmpty() ? "nk-cell ended without a word" : complaint.toString());
    }

    private void started(long pid, Listener listener) {
        int fd = org.nanorouter.shim.Process.pidfdOpen((int) pid);
        if (fd >= 0 && process.isAlive()) {
            // nk-cell lives, so it has not reaped process 1, and the pid is still that of process 1.
            pidFd = fd;
        } else if (fd >= 0) {
            Fd.close(fd);
        }
        listener.started(this, pid);
    }

    private void onEnd(Executor executor, Listener listener, @Nullable String complaint) {
        process.onExit().thenAccept(ended -> executor.execute(() -> {
            listener.ended(this, ended.exitValue(), complaint);
            if (pidFd != NO_DESCRIPTOR) {
                Fd.close(pidFd);
                pidFd = NO_DESCRIPTOR;
            }
        }));
    }

    /** Becomes readable when process 1 of the cell ends, which is told later with its status; -1: there is none. */
    public int initDescriptor() {
        return pidFd;
    }

    /** Pid of the JVM's own child. */
    public long pid() {
        return process.pid();
    }

    /** Asks the init command to end. */
    public void terminate() {
        process.destroy();
    }

    /** Ends the init command, and the cell with it. */
    public void kill() {
        // Process 1 first: nk-cell then reports its end, and takes its own files away.
        if (pidFd == NO_DESCRIPTOR || org.nanorouter.shim.Process.pidfdSendSignal(pidFd, SIGKILL) == -Errno.ESRCH) {
            process.destroyForcibly();
        }
    }

    /** Ends everything at once, whatever state it is in. */
    public void killAll() {
        kill();
        process.destroyForcibly();
    }
}
