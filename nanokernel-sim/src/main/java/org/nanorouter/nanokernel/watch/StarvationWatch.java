// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.watch;

import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Tells of a process whose heartbeat is late whether it does not want to run, or is ready to run and gets no
 * processor. What the kernel says of it decides, {@code stat} and {@code schedstat} of its threads (proc(5);
 * Documentation/scheduler/sched-stats.rst), and not what it says itself. Times are nanoseconds of one clock.
 */
public final class StarvationWatch {
    /** Who is ready all the time and gets less than this part of it is starved. */
    private static final int PART = 10;
    private static final String READY = "R";
    private static final long OWN_PID = ProcessHandle.current().pid();

    private final Path proc;
    private final long maxNs;
    private @Nullable Use before;
    private long excusedNs;

    private record Use(long at, long usedNs, boolean ready) {
    }

    /**
     * Makes a watch.
     *
     * @param proc  where procfs is mounted
     * @param maxNs how much of one silence is excused at most
     */
    public StarvationWatch(Path proc, long maxNs) {
        this.proc = proc;
        this.maxNs = maxNs;
    }

    /** The process is late: looks at what it has used until now. */
    public void late(long pid, long now) {
        before = look(pid, now);
    }

    /** The process has beaten. */
    public void alive() {
        before = null;
        excusedNs = 0;
    }

    /**
     * Looks whether the process was starved since the last look, which {@link #late} or this method took.
     *
     * @return the time since that look if it was; 0 if not, if nothing is known of it, or if it was excused long enough
     */
    public long excuse(long pid, long now) {
        Use last = before;
        Use current = look(pid, now);
        before = current;
        if (last == null || current == null || !last.ready() || !current.ready()
                || (current.usedNs() - last.usedNs()) * PART >= now - last.at()) {
            return 0;
        }
        long excused = Math.min(now - last.at(), maxNs - excusedNs);
        excusedNs += excused;
        return excused;
    }

    /** How much of this silence was excused until now. */
    public long excusedNs() {
        return excusedNs;
    }

    /** Null if it cannot be told, as of a process that has ended, or if it is this one: who looks has a processor. */
    private @Nullable Use look(long pid, long now) {
        long used = 0;
        boolean ready = false;
        if (pid <= 0 || pid == OWN_PID) {
            return null;
        }
        try (DirectoryStream<Path> threads = Files.newDirectoryStream(proc.resolve(pid + "/task"))) {
            for (Path thread : threads) {
                String stat = Files.readString(thread.resolve("stat"));
                ready |= stat.startsWith(READY, stat.lastIndexOf(')') + 2);
                used += Long.parseLong(Files.readString(thread.resolve("schedstat")).split(" ", 2)[0]);
            }
        } catch (IOException | NumberFormatException e) {
            return null;
        }
        return new Use(now, used, ready);
    }
}
