// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.nanorouter.shim.Process;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file with the processes that a nanokernel started. Cells outlive a nanokernel that was killed, so that their
 * traffic goes on; a successor without what the keeper has cannot take them over, and ends them by this file.
 *
 * <p>One line a process: its role, its pid, and when it began, in clock ticks since the boot, so that a pid that means
 * another process by now is left alone.
 */
public final class CellRecord {
    private static final Logger LOG = LoggerFactory.getLogger(CellRecord.class);
    private static final String INIT = "init";
    private static final String CELL = "cell";
    private static final int SIGKILL = 9;
    private static final int END_WAIT_MS = 2_000;
    /** Place of the start time among the words behind the parenthesis of /proc/PID/stat; proc(5) counts it as 22. */
    private static final int START_TIME_WORD = 19;

    private final Path file;

    public CellRecord(Path file) {
        this.file = file;
    }

    /**
     * Writes the file anew.
     *
     * @param inits processes 1 of cells, and programs that have no cell
     * @param cells processes of nk-cell, each of which ends after its process 1
     */
    public void write(Collection<Long> inits, Collection<Long> cells) throws IOException {
        List<String> lines = new ArrayList<>();
        inits.forEach(pid -> addLine(lines, INIT, pid));
        cells.forEach(pid -> addLine(lines, CELL, pid));
        Path next = file.resolveSibling(file.getFileName() + ".new");
        Files.write(next, lines);
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    private static void addLine(List<String> lines, String role, long pid) {
        OptionalLong start = startTime(pid);
        if (start.isPresent()) {
            lines.add(role + " " + pid + " " + start.getAsLong());
        }
    }

    /** Ends what a killed nanokernel left running, and removes the file. */
    public void endLeftovers() throws IOException {
        if (!Files.isRegularFile(file)) {
            return;
        }
        for (String line : Files.readAllLines(file)) {
            String[] words = line.split(" ");
            try {
                end(words[0].equals(CELL), Long.parseLong(words[1]), Long.parseLong(words[2]));
            } catch (NumberFormatException | ArrayIndexOutOfBoundsException e) {
                LOG.warn("{}: not a process: {}", file, line);
            }
        }
        Files.delete(file);
    }

    private static void end(boolean isCell, long pid, long start) {
        int fd = Process.pidfdOpen((int) pid);
        if (fd < 0) {
            return;
        }
        try {
            // The descriptor first, the time second: what it was opened on cannot become another process in between.
            if (startTime(pid).equals(OptionalLong.of(start))) {
                LOG.info("ending process {}, left by a nanokernel that was killed", pid);
                // nk-cell ends by itself, and takes the remains of its process 1 with it if it gets the time.
                if (!isCell || !endsInTime(fd, END_WAIT_MS)) {
                    Process.pidfdSendSignal(fd, SIGKILL);
                    endsInTime(fd, END_WAIT_MS);
                }
            }
        } finally {
            Fd.close(fd);
        }
    }

    /** Waits for the end of a process, for at most so long. */
    static boolean endsInTime(int fd, int milliseconds) {
        try (NativeBuffer memory = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            ByteBuffer entry = memory.buffer();
            entry.putInt(Poll.FD_OFFSET, fd);
            entry.putShort(Poll.EVENTS_OFFSET, Poll.IN);
            return Poll.poll(memory.address(), 1, milliseconds) > 0;
        }
    }

    /** When a process began, in clock ticks since the boot; empty if there is none. */
    public static OptionalLong startTime(long pid) {
        try {
            String stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            // The name in parentheses may have anything in it, parentheses too.
            return OptionalLong.of(
                    Long.parseLong(stat.substring(stat.lastIndexOf(')') + 2).split(" ")[START_TIME_WORD]));
        } catch (IOException | RuntimeException e) {
            return OptionalLong.empty();
        }
    }
}
