// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.cell.CellProcess;
import org.nanorouter.nanokernel.cell.CellRecord;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.keeper.Kept;
import org.nanorouter.nanokernel.memory.Doorbells;
import org.nanorouter.nanokernel.memory.ManagementWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the keeper has of this machine: under which names, and what the texts say. Whatever changes is kept before
 * anybody is told of it.
 *
 * <pre>
 *   management          the management region, writable
 *   door/OS             the listening attach socket
 *   region/OS           the region of the present epoch, writable; its token
 *   bell/FROM-TO        a doorbell: for who rings, for who waits
 *   os/OS               its process; goal, ready, failure, when the process began, how long recoveries took
 * </pre>
 *
 * <p>Beside these there are {@code config}, which is the command's, and what {@code switchboard} keeps:
 * {@code counters}, {@code program/ID}, {@code port/ID}, {@code connection/ID}, {@code memory/ID} and {@code sync/ID}
 * with their {@code .../user/PROGRAM}.
 */
final class Ledger implements Doorbells.Listener {
    private static final Logger LOG = LoggerFactory.getLogger(Ledger.class);
    private static final String MANAGEMENT = "management";
    private static final String BELL = "bell/";
    private static final int MAX_FAILURE_TEXT = 1_000;

    private final Keeper keeper;
    private final CellRecord record;

    /**
     * Makes it.
     *
     * @param record of the processes, for a nanokernel that has no keeper, or whose keeper was killed, too
     */
    Ledger(Keeper keeper, CellRecord record) {
        this.keeper = keeper;
        this.record = record;
    }

    /** Whether there is a machine to be taken over. */
    static boolean hasMachine(Keeper keeper) {
        return keeper.has(MANAGEMENT);
    }

    void keep(ManagementWriter management) {
        keeper.keep(MANAGEMENT, 0, "", management.writableFd());
    }

    /** The management region's writable descriptor, -1 if none was kept. */
    int takeManagement() {
        Kept kept = keeper.take(MANAGEMENT);
        return kept == null ? -1 : kept.descriptors()[0];
    }

    void keepDoor(String os, int listener) {
        keeper.keep(door(os), 0, "", listener);
    }

    @Nullable Kept takeDoor(String os) {
        return keeper.take(door(os));
    }

    private static String door(String os) {
        return "door/" + os;
    }

    void keepRegion(String os, int writableFd, byte[] token) {
        keeper.keep(region(os), 0, HexFormat.of().formatHex(token), writableFd);
    }

    @Nullable Kept takeRegion(String os) {
        return keeper.take(region(os));
    }

    static byte[] token(Kept region) {
        return HexFormat.of().parseHex(region.text());
    }

    void dropRegion(String os) {
        keeper.drop(region(os));
    }

    private static String region(String os) {
        return "region/" + os;
    }

    @Override
    public void made(int from, int to, int ringer, int waiter) {
        keeper.keep(BELL + from + "-" + to, 0, "", ringer, waiter);
    }

    @Override
    public void forgotten(int from, int to) {
        keeper.drop(BELL + from + "-" + to);
    }

    /** Takes all doorbells. */
    void takeBells(Doorbells doorbells) {
        for (Kept each : keeper.takeUnder(BELL)) {
            String[] words = each.name().substring(BELL.length()).split("-");
            doorbells.adopt(Integer.parseInt(words[0]), Integer.parseInt(words[1]), each.descriptors()[0],
                    each.descriptors()[1]);
        }
    }

    /** What is to be known of an OS besides its region. */
    void keepOs(ManagedOs os) {
        CellProcess cell = os.cell;
        long pid = cell == null ? 0 : cell.pid();
        OptionalLong began = pid == 0 ? OptionalLong.empty() : CellRecord.startTime(pid);
        keeper.keep(name(os), pid, "goal=" + os.goal() + "\nready=" + os.isReady() + "\nbegan="
                + (began.isPresent() ? began.getAsLong() : "") + "\nrecoveries=" + os.recoveries.text() + "\nfailure="
                + line(os.failureText));
    }

    private static String line(String text) {
        return text.substring(0, Math.min(text.length(), MAX_FAILURE_TEXT)).replaceAll("\\p{Cntrl}", "?");
    }

    private static String name(ManagedOs os) {
        return "os/" + os.name();
    }

    /** Whether the keeper speaks of this OS. */
    static boolean isOf(String name, ManagedOs os) {
        return name.equals(name(os));
    }

    /**
     * An OS as it was kept.
     *
     * @param pid    of what the nanokernel started for it; 0: nothing ran
     * @param status with which that ended, or {@link Kept#ALIVE}
     * @param began  when it was started, in clock ticks since the boot; empty: not known
     * @param recoveries of {@link RecoveryTimes#text}
     */
    record OsState(ManagedOs.Goal goal, boolean ready, long pid, int status, OptionalLong began, String failure,
            String recoveries) {
    }

    @Nullable OsState takeOs(ManagedOs os) {
        Kept kept = keeper.take(name(os));
        if (kept == null) {
            return null;
        }
        Map<String, String> words = new LinkedHashMap<>();
        kept.text().lines().forEach(line -> words.put(line.substring(0, line.indexOf('=')),
                line.substring(line.indexOf('=') + 1)));
        String began = words.getOrDefault("began", "");
        return new OsState(ManagedOs.Goal.valueOf(words.getOrDefault("goal", "RUN")),
                Boolean.parseBoolean(words.get("ready")), kept.pid(), kept.status(),
                began.isEmpty() ? OptionalLong.empty() : OptionalLong.of(Long.parseLong(began)),
                words.getOrDefault("failure", ""), words.getOrDefault("recoveries", ""));
    }

    /** Writes down which processes run. */
    void writeProcesses(Collection<ManagedOs> oses) {
        List<Long> inits = new ArrayList<>();
        List<Long> cells = new ArrayList<>();
        for (ManagedOs os : oses) {
            if (os.cell != null) {
                cells.add(os.cell.pid());
            }
            if (os.pid != 0) {
                inits.add(os.pid);
            }
        }
        try {
            record.write(inits, cells);
        } catch (IOException e) {
            LOG.warn("the list of processes was not written: {}", e.toString());
        }
    }

    /** Nothing of it is to be taken over: the machine ends in order. */
    void forget() {
        keeper.forget();
    }

    /** What nobody has taken is not needed. */
    void dropRest() {
        keeper.dropRest();
    }
}
