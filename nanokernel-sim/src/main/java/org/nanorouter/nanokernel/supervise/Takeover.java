// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
import java.util.HashMap;
import java.util.Map;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.cell.CellProcess;
import org.nanorouter.nanokernel.keeper.Kept;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Brings the machine back to where a nanokernel left it that was killed, which may be anywhere: between any two of its
 * steps. The OS table says how far an OS had come; what was begun with it is done again or to the end. Decision 22 has
 * what is not kept.
 */
final class Takeover {
    private static final Logger LOG = LoggerFactory.getLogger(Takeover.class);
    /** Of a process whose end nobody saw. */
    private static final int KILLED = 128 + 9;

    private final Machine machine;
    private final MachineMemory memory;
    private final Lifecycle lifecycle;
    private final Recovery recovery;
    private final Ledger ledger;
    private final PollLoop loop;
    /** Processes that ended while there was no nanokernel. */
    private final Map<ManagedOs, Integer> ends = new HashMap<>();

    Takeover(Machine machine, MachineMemory memory, Lifecycle lifecycle, Recovery recovery, Ledger ledger,
            PollLoop loop) {
        this.machine = machine;
        this.memory = memory;
        this.lifecycle = lifecycle;
        this.recovery = recovery;
        this.ledger = ledger;
        this.loop = loop;
    }

    void run(Collection<ManagedOs> oses) {
        oses.forEach(os -> guarded(os, () -> restore(os)));
        restorePrograms();
        ledger.dropRest();
        oses.forEach(ManagedOs::keep);
        ledger.writeProcesses(oses);
        memory.openRings(oses);
        // Only now: what one OS goes on with, its peers are told.
        oses.forEach(os -> guarded(os, () -> goOn(os)));
    }

    /** What is wrong with one OS shall not be the end of the others. */
    private static void guarded(ManagedOs os, Runnable step) {
        try {
            step.run();
        } catch (RuntimeException e) {
            os.log(() -> LOG.error("{}: cannot be taken over as it is, its process is ended", os.name(), e));
            if (os.cell != null) {
                os.cell.kill();
            }
        }
    }

    private void restorePrograms() {
        try {
            memory.switchboard().restore((os, epoch, program, fd) -> machine.os(os).door.resume(epoch, program, fd));
        } catch (RuntimeException e) {
            LOG.error("not everything that programs share could be taken over", e);
        }
    }

    private void restore(ManagedOs os) {
        Kept door = ledger.takeDoor(os.name());
        if (door != null) {
            os.door.adopt(door.descriptors()[0]);
        }
        if (!memory.adoptEpoch(os)) {
            memory.closeRings(os);
        }
        Ledger.OsState kept = ledger.takeOs(os);
        if (kept == null) {
            return;
        }
        os.restore(kept.goal(), kept.ready(), kept.failure(), kept.recoveries());
        if (kept.pid() == 0) {
            return;
        }
        CellProcess cell = kept.status() == Kept.ALIVE
                ? CellProcess.adopt(kept.pid(), kept.began(), os.isNamespace()) : null;
        if (cell == null) {
            os.cell = CellProcess.ended(kept.pid());
            ends.put(os, kept.status() == Kept.ALIVE ? KILLED : kept.status());
        } else {
            os.group.prepare();
            machine.watch(os, cell);
        }
    }

    private void goOn(ManagedOs os) {
        if (os.region == null) {
            os.door.endSessions();
        }
        OsState state = lifecycle.state(os);
        switch (state) {
            case DEFINED, STOPPED, FAILED -> end(os);
            case BOOTING, RUNNING, SUSPECT -> goOnRunning(os, state);
            case HUNG -> {
                if (os.region != null && !recovery.endsHung(os)) {
                    goOnRunning(os, state);
                } else {
                    goOnFailed(os);
                }
            }
            case PANICKED -> goOnFailed(os);
            case RESTARTING -> {
                machine.endEpoch(os);
                if (!isEnding(os)) {
                    startNext(os);
                }
            }
            default -> throw new IllegalStateException("state=" + state);
        }
    }

    private void startNext(ManagedOs os) {
        if (ends.remove(os) != null) {
            os.cell = null;
        }
        if (os.cell == null) {
            recovery.start(os);
        } else {
            os.aim(ManagedOs.Goal.RESTART);
            machine.terminate(os);
        }
    }

    /** Whether an operator's request that the process ends is carried on with. */
    private boolean isEnding(ManagedOs os) {
        boolean stop = os.goal() == ManagedOs.Goal.STOP;
        if (!stop && os.goal() != ManagedOs.Goal.RESTART) {
            return false;
        }
        if (hasEnded(os)) {
            return true;
        } else if (os.cell != null) {
            machine.terminate(os);
        } else if (stop) {
            machine.stopped(os);
        } else {
            machine.relaunch(os);
        }
        return true;
    }

    /** Whether the process ended while nobody looked; then the machine hears of it now. */
    private boolean hasEnded(ManagedOs os) {
        Integer status = ends.remove(os);
        CellProcess cell = os.cell;
        if (status == null || cell == null) {
            return false;
        }
        cell.exited(status, machine);
        return true;
    }

    private void end(ManagedOs os) {
        machine.endEpoch(os);
        if (!hasEnded(os) && os.cell != null) {
            os.aim(ManagedOs.Goal.STOP);
            os.cell.killAll();
        }
    }

    private void goOnRunning(ManagedOs os, OsState state) {
        if (isEnding(os)) {
            return;
        }
        os.aim(ManagedOs.Goal.RUN);
        if (hasEnded(os)) {
            return;
        }
        boolean runs = os.cell != null || os.config.kind() == OsKind.EXTERNAL;
        if (runs && os.region != null) {
            stays(os);
        } else if (state == OsState.BOOTING && !runs) {
            // It may have been started by somebody who could not write that down any more.
            endStrays(os.directory.path());
            machine.relaunch(os);
        } else {
            machine.failed(os, Failure.LIE, "its region or its process could not be taken over");
        }
    }

    private void stays(ManagedOs os) {
        try {
            // Those of a cell are held by its nk-cell; others were free for as long as there was no nanokernel.
            os.devices.claim();
        } catch (IOException e) {
            lifecycle.report(os, "it is not the owner any more: " + e.getMessage());
        }
        OsRegionObject region = os.region;
        if (region != null && os.isReady()) {
            // What was late while nobody looked is no fault of its own.
            os.watch.begin(loop.nanoTime(), region.view().heartbeat());
        }
        lifecycle.report(os, "taken over from a nanokernel that died");
    }

    /** It had failed: its epoch ends, its process too, and then its restart policy has its say. */
    private void goOnFailed(ManagedOs os) {
        machine.endEpoch(os);
        if (isEnding(os)) {
            return;
        }
        os.aim(ManagedOs.Goal.RECOVER);
        if (hasEnded(os)) {
            return;
        }
        CellProcess cell = os.cell;
        if (cell != null) {
            cell.kill();
        } else {
            recovery.begin(os);
        }
    }

    /** Ends what was started for an OS, is the keeper's child, and nobody knows. */
    private static void endStrays(Path directory) {
        ProcessHandle.current().parent().stream().flatMap(ProcessHandle::children)
                .filter(child -> isOf(child.pid(), directory)).forEach(ProcessHandle::destroyForcibly);
    }

    /** Whether it is the nk-cell of the OS, or its program. */
    private static boolean isOf(long pid, Path directory) {
        return read(pid, "cmdline").contains("\0--dir\0" + directory + "\0")
                || read(pid, "environ").contains("NK_RUN=" + directory + "\0");
    }

    private static String read(long pid, String file) {
        try {
            return Files.readString(Path.of("/proc/" + pid, file), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            return "";
        }
    }
}
