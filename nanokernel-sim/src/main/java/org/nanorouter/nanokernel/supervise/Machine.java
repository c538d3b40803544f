// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.CompletableFuture;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsEntryDescriptor;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.attach.AttachGrant;
import org.nanorouter.nanokernel.cell.CellCommand;
import org.nanorouter.nanokernel.cell.CellProcess;
import org.nanorouter.nanokernel.cell.CellRecord;
import org.nanorouter.nanokernel.cell.OsDirectory;
import org.nanorouter.nanokernel.config.ConfigReader;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.watch.HeartbeatWatch;
import org.nanorouter.shim.ShimException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The OSes and what they share. The package's description tells how an epoch begins and ends. */
public final class Machine implements CellProcess.Listener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Machine.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final long TERMINATION_NS = 2_000_000_000L;
    private static final int SIGNALLED = 128;
    private static final int CANNOT_CREATE = 73;

    private final PollLoop loop;
    private final CellCommand command;
    private final CellRecord record;
    private final MachineMemory memory;
    private final Map<String, ManagedOs> oses = new LinkedHashMap<>();
    private boolean stopping;

    /**
     * Makes the management region; no OS is started.
     *
     * @param directories directory of the OS of a name
     * @param command     how cells are started
     * @param record      where the started processes are written down
     */
    public Machine(MachineConfig config, Function<String, Path> directories, CellCommand command, CellRecord record,
            PollLoop loop) throws ShimException {
        this.loop = loop;
        this.command = command;
        this.record = record;
        this.memory = new MachineMemory(config, random(ManagementDescriptor.BOOT_ID_LENGTH));
        for (OsConfig os : config.oses()) {
            boolean uidRange = command.hasUidRange(os);
            OsDirectory directory = new OsDirectory(directories.apply(os.name()),
                    uidRange ? os.uidBase() : OsDirectory.OWN_USER);
            HeartbeatWatch watch = new HeartbeatWatch(config.heartbeatPeriod().toNanos(),
                    config.heartbeatDeadline().toNanos());
            oses.put(os.name(), new ManagedOs(os, directory, uidRange, watch, loop, this));
        }
    }

    /** Starts an OS; the result is there once its process runs, or a {@link CellFailedException}. */
    public CompletableFuture<Void> start(String name) {
        ManagedOs os = os(name);
        refuseWhileStopping(os);
        switch (state(os)) {
            case DEFINED, STOPPED, FAILED -> {
                CompletableFuture<Void> result = os.begin();
                launch(os);
                return result;
            }
            case PANICKED -> {
                return restart(name);
            }
            default -> throw new IllegalStateException("os=" + name + " is " + label(state(os))
                    + "; 'os restart' begins its next epoch");
        }
    }

    /** Stops an OS; the result is there once it has ended. */
    public CompletableFuture<Void> stop(String name) {
        ManagedOs os = os(name);
        CompletableFuture<Void> result = os.begin();
        os.goal = ManagedOs.Goal.STOP;
        if (os.cell != null) {
            terminate(os);
        } else {
            stopped(os);
        }
        return result;
    }

    /** Ends an OS's epoch if there is one, and begins the next; the result is there once its process runs. */
    public CompletableFuture<Void> restart(String name) {
        ManagedOs os = os(name);
        refuseWhileStopping(os);
        CompletableFuture<Void> result = os.begin();
        switch (state(os)) {
            case RUNNING, SUSPECT, PANICKED, HUNG -> {
                memory.countRestart(os);
                memory.management().state(os.id(), OsState.RESTARTING);
            }
            default -> {
                // Nothing runs, or the restart is under way, or it is only booting, from where it goes by STOPPED.
            }
        }
        os.goal = ManagedOs.Goal.RESTART;
        if (os.cell != null) {
            terminate(os);
        } else {
            relaunch(os);
        }
        return result;
    }

    private void refuseWhileStopping(ManagedOs os) {
        if (stopping) {
            throw new IllegalStateException("os=" + os.name() + ": the nanokernel ends and starts nothing any more");
        }
    }

    /** Stops every OS for good; the result is there once all have ended. */
    public CompletableFuture<Void> stopAll() {
        stopping = true;
        return CompletableFuture.allOf(
                oses.keySet().stream().map(this::stop).toArray(CompletableFuture<?>[]::new));
    }

    /** Ends every process at once, without waiting. */
    public void killAll() {
        for (ManagedOs os : oses.values()) {
            if (os.cell != null) {
                os.cell.killAll();
            }
        }
    }

    private void terminate(ManagedOs os) {
        CellProcess cell = os.cell;
        if (cell != null) {
            cell.terminate();
            loop.schedule(TERMINATION_NS, () -> {
                if (os.cell == cell) {
                    LOG.warn("{}: did not end within {} ms, killed", os.name(), TERMINATION_NS / 1_000_000);
                    cell.kill();
                }
            });
        }
    }

    private void launch(ManagedOs os) {
        os.goal = ManagedOs.Goal.RUN;
        try {
            beginEpoch(os);
            if (os.config.kind() == OsKind.EXTERNAL) {
                os.complete();
                return;
            }
            os.cell = os.isNamespace()
                    ? CellProcess.startCell(command.of(os.config, os.directory), command.lifeline(), loop, this)
                    : CellProcess.startProgram(os.config.init(), command.environment(os.config, os.directory),
                            os.directory.consoleLog(), loop, this);
            writeRecord();
        } catch (IOException e) {
            LOG.error("{}: not started: {}", os.name(), e.toString());
            os.failureText = "not started: " + e.getMessage();
            endEpoch(os);
            if (state(os) == OsState.BOOTING || state(os) == OsState.RESTARTING) {
                memory.management().state(os.id(), OsState.STOPPED);
            }
            os.fail(new CellFailedException(CANNOT_CREATE, os.name() + ": " + e.getMessage()));
        }
    }

    private void relaunch(ManagedOs os) {
        endEpoch(os);
        if (state(os) == OsState.BOOTING) {
            memory.management().state(os.id(), OsState.STOPPED);
        }
        launch(os);
    }

    private void beginEpoch(ManagedOs os) throws IOException {
        os.directory.create();
        os.door.open(os.directory.attachSocket());
        os.token = os.directory.writeToken();
        os.directory.give();
        memory.beginEpoch(os, System.nanoTime(), random(OsEntryDescriptor.INCARNATION_LENGTH), oses.values());
        LOG.info("{}: booting, epoch {}", os.name(), os.epoch());
    }

    private void endEpoch(ManagedOs os) {
        os.ready = false;
        os.door.endSessions();
        memory.endEpoch(os, oses.values());
    }

    private void stopped(ManagedOs os) {
        endEpoch(os);
        if (state(os) != OsState.DEFINED && state(os) != OsState.STOPPED) {
            memory.management().state(os.id(), OsState.STOPPED);
            LOG.info("{}: stopped", os.name());
        }
        os.complete();
    }

    @Override
    public void started(CellProcess cell, long pid) {
        ManagedOs os = osOf(cell);
        if (os != null) {
            os.pid = pid;
            LOG.info("{}: started, process {}", os.name(), pid);
            writeRecord();
            if (os.goal == ManagedOs.Goal.RUN) {
                os.complete();
            }
        }
    }

    @Override
    public void ended(CellProcess cell, int status, @Nullable String complaint) {
        ManagedOs os = osOf(cell);
        if (os == null) {
            return;
        }
        os.cell = null;
        os.pid = 0;
        writeRecord();
        switch (os.goal) {
            case STOP -> stopped(os);
            case RESTART -> relaunch(os);
            case RUN -> {
                String text = complaint != null ? complaint : status > SIGNALLED
                        ? "its init was ended by signal " + (status - SIGNALLED) : "its init ended with " + status;
                failed(os, status > SIGNALLED ? Failure.SIGNAL : Failure.EXIT, text);
                os.fail(new CellFailedException(status, complaint == null ? os.name() + ": " + text : complaint));
            }
            default -> throw new IllegalStateException("goal=" + os.goal);
        }
    }

    /** Ends the epoch of an OS that failed by itself, unless an earlier failure did. */
    private void failed(ManagedOs os, Failure failure, String text) {
        if (state(os) == OsState.PANICKED) {
            return;
        }
        LOG.warn("{}: failed: {}", os.name(), text);
        os.failureText = text;
        memory.management().failure(os.id(), failure, System.nanoTime());
        if (state(os).mayBecome(OsState.PANICKED)) {
            memory.management().state(os.id(), OsState.PANICKED);
        }
        endEpoch(os);
    }

    private @Nullable ManagedOs osOf(CellProcess cell) {
        for (ManagedOs os : oses.values()) {
            if (os.cell == cell) {
                return os;
            }
        }
        return null;
    }

    private void writeRecord() {
        List<Long> inits = new ArrayList<>();
        List<Long> cells = new ArrayList<>();
        for (ManagedOs os : oses.values()) {
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

    /** What an endpoint of the OS gets now; null if its state allows no attach. */
    @Nullable AttachGrant grant(ManagedOs os) {
        return switch (state(os)) {
            case BOOTING, RUNNING, SUSPECT, HUNG -> memory.grant(os, oses.values());
            default -> null;
        };
    }

    void ready(ManagedOs os) {
        OsRegionObject region = os.region;
        if (region != null) {
            os.ready = true;
            os.watch.begin(System.nanoTime(), region.view().heartbeat());
            if (state(os) == OsState.BOOTING || state(os) == OsState.HUNG) {
                memory.management().state(os.id(), OsState.RUNNING);
                LOG.info("{}: running", os.name());
            }
        }
    }

    /** Without an endpoint nobody beats, and nobody is to be missed. */
    void detached(ManagedOs os) {
        os.ready = false;
        if (state(os) == OsState.SUSPECT) {
            memory.management().state(os.id(), OsState.RUNNING);
        }
    }

    /**
     * Shows the nanokernel's own sign of life and looks at those of the OSes.
     *
     * @param late how much later than it should this look is
     */
    public void look(long now, long late) {
        memory.management().beat(now);
        for (ManagedOs os : oses.values()) {
            OsRegionObject region = os.region;
            if (region != null && region.view().panicked()) {
                String text = region.view().panicText().replaceAll("\\p{Cntrl}", "?");
                failed(os, Failure.PANIC, "panic " + region.view().panicCode() + ": " + text);
                if (os.cell != null) {
                    os.cell.kill();
                }
            } else if (region != null && os.ready) {
                os.watch.forgive(late);
                judge(os, os.watch.look(now, region.view().heartbeat()), now);
            }
        }
    }

    private void judge(ManagedOs os, HeartbeatWatch.Verdict verdict, long now) {
        OsState state = state(os);
        if (verdict == HeartbeatWatch.Verdict.HUNG && state.mayBecome(OsState.HUNG)) {
            os.failureText = "no heartbeat for " + os.watch.silence(now) / 1_000_000 + " ms";
            LOG.warn("{}: hung: {}", os.name(), os.failureText);
            memory.management().failure(os.id(), Failure.HEARTBEAT, now);
            memory.management().state(os.id(), OsState.HUNG);
        } else if (verdict == HeartbeatWatch.Verdict.LATE && state == OsState.RUNNING) {
            LOG.info("{}: its heartbeat is late", os.name());
            memory.management().state(os.id(), OsState.SUSPECT);
        } else if (verdict == HeartbeatWatch.Verdict.ALIVE
                && (state == OsState.SUSPECT || state == OsState.HUNG)) {
            LOG.info("{}: it beats again, running", os.name());
            memory.management().state(os.id(), OsState.RUNNING);
        }
    }

    /** All OSes as {@code os list} shows them, in the order of their ids. */
    public List<Map<String, Object>> list() {
        return oses.values().stream().map(os -> OsReport.summary(os, memory)).toList();
    }

    /** One OS as {@code os show} shows it. */
    public Map<String, Object> show(String name) {
        return OsReport.details(os(name), memory);
    }

    /** What it takes to enter an OS: process 1 and the environment of programs there. */
    public Map<String, Object> entrance(String name) {
        ManagedOs os = os(name);
        if (!os.isNamespace()) {
            throw new IllegalStateException("os=" + name + " is not a namespace cell, it cannot be entered");
        } else if (os.pid == 0) {
            throw new IllegalStateException("os=" + name + " is " + label(state(os)) + ", it has no process");
        }
        Map<String, Object> entrance = new LinkedHashMap<>();
        entrance.put("pid", os.pid);
        entrance.put("uid_range", os.hasUidRange);
        entrance.put("environment", command.environment(os.config, os.directory));
        return entrance;
    }

    private ManagedOs os(String name) {
        ManagedOs os = oses.get(name);
        if (os == null) {
            throw new NoSuchElementException("no OS is named " + name + "; there are: "
                    + String.join(", ", oses.keySet()));
        }
        return os;
    }

    private OsState state(ManagedOs os) {
        return memory.state(os);
    }

    static String label(OsState state) {
        return ConfigReader.label(state);
    }

    private static byte[] random(int length) {
        byte[] bytes = new byte[length];
        RANDOM.nextBytes(bytes);
        return bytes;
    }

    /** Closes everything, once the loop has ended; processes that still run are killed and not waited for. */
    @Override
    public void close() {
        killAll();
        for (ManagedOs os : oses.values()) {
            os.fail(new IllegalStateException("os=" + os.name() + ": the nanokernel ends"));
            os.ready = false;
            os.door.close();
            memory.endEpoch(os, oses.values());
        }
        memory.close();
    }
}
