// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.io.IOException;
import java.nio.file.Path;
import java.security.SecureRandom;
import java.util.Collection;
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
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.memory.BadRegionException;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.watch.HeartbeatWatch;
import org.nanorouter.nanokernel.watch.StarvationWatch;
import org.nanorouter.shim.ShimException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The OSes and what they share. The package's description tells how an epoch begins and ends. */
public final class Machine implements CellProcess.Listener, AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Machine.class);
    private static final SecureRandom RANDOM = new SecureRandom();
    private static final long TERMINATION_NS = 2_000_000_000L;
    private static final Path PROC = Path.of("/proc");
    /** For so many deadlines an OS may be silent for want of a processor. */
    private static final int EXCUSED_DEADLINES = 10;

    private final PollLoop loop;
    private final CellCommand command;
    private final Ledger ledger;
    private final MachineMemory memory;
    private final Lifecycle lifecycle;
    private final Lookout lookout;
    private final Recovery recovery;
    private final FaultInjector faults;
    private final MachineView view;
    private final Map<String, ManagedOs> oses = new LinkedHashMap<>();
    private boolean stopping;

    /**
     * Makes the management region, or takes over that of a nanokernel that was killed; no OS is started.
     *
     * @param directories directory of the OS of a name
     * @param command     how cells are started
     * @param record      where the started processes are written down
     * @param keeper      of what the next nanokernel takes over
     * @throws BadRegionException if what was kept cannot be taken over; nothing of it has been closed or ended
     */
    public Machine(MachineConfig config, Function<String, Path> directories, CellCommand command, CellRecord record,
            Keeper keeper, PollLoop loop) throws ShimException, BadRegionException {
        this.loop = loop;
        this.command = command;
        this.ledger = new Ledger(keeper, record);
        this.memory = new MachineMemory(config, keeper, ledger, random(ManagementDescriptor.BOOT_ID_LENGTH),
                loop::nanoTime);
        for (OsConfig os : config.oses()) {
            boolean uidRange = command.hasUidRange(os);
            OsDirectory directory = new OsDirectory(directories.apply(os.name()),
                    uidRange ? os.uidBase() : OsDirectory.OWN_USER);
            long deadline = config.heartbeatDeadline().toNanos();
            oses.put(os.name(), new ManagedOs(os, directory, command.groups().of(os),
                    command.registry().of(os, uidRange), uidRange,
                    new HeartbeatWatch(config.heartbeatPeriod().toNanos(), deadline),
                    new StarvationWatch(PROC, EXCUSED_DEADLINES * deadline), loop, this, ledger));
        }
        this.lifecycle = new Lifecycle(memory.management(), loop::nanoTime);
        this.recovery = new Recovery(loop, memory, lifecycle, this::launch);
        this.faults = new FaultInjector(loop, lifecycle, memory, this::os, oses.values());
        this.lookout = new Lookout(this, lifecycle, memory.management().region(), oses.values(),
                config.heartbeatPeriod().toNanos(), config.stallDeadline().toNanos());
        this.view = new MachineView(this, memory, lifecycle, lookout, command, loop::nanoTime);
        keeper.join(loop, this::exited);
    }

    /** Whether the keeper has a machine that a nanokernel left which was killed. */
    public static boolean isLeftIn(Keeper keeper) {
        return Ledger.hasMachine(keeper);
    }

    /** Goes on where a nanokernel that was killed left the machine; before anything else, on the loop's thread. */
    public void takeOver() {
        new Takeover(this, memory, lifecycle, recovery, ledger, loop).run(oses.values());
    }

    /** Names of the OSes that are to start with the nanokernel and have not. */
    public List<String> toStart() {
        return oses.values().stream().filter(os -> os.config.autostart() && lifecycle.state(os) == OsState.DEFINED)
                .map(ManagedOs::name).toList();
    }

    /** Starts an OS; the result is there once its process runs, or a {@link CellFailedException}. */
    public CompletableFuture<Void> start(String name) {
        ManagedOs os = os(name);
        refuseWhileStopping(os);
        switch (lifecycle.state(os)) {
            case DEFINED, STOPPED, FAILED -> {
                CompletableFuture<Void> result = os.begin();
                os.budget.clear();
                launch(os);
                return result;
            }
            case PANICKED -> {
                return restart(name);
            }
            default -> throw new IllegalStateException("os=" + name + " is " + label(lifecycle.state(os))
                    + "; 'os restart' begins its next epoch");
        }
    }

    /** Stops an OS; the result is there once it has ended. */
    public CompletableFuture<Void> stop(String name) {
        ManagedOs os = os(name);
        CompletableFuture<Void> result = os.begin();
        os.aim(ManagedOs.Goal.STOP);
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
        os.budget.clear();
        os.recoveries.forget();
        // First, so that a nanokernel that takes over knows why it is RESTARTING.
        os.aim(ManagedOs.Goal.RESTART);
        switch (lifecycle.state(os)) {
            case RUNNING, SUSPECT, PANICKED, HUNG -> {
                memory.countRestart(os);
                lifecycle.become(os, OsState.RESTARTING, "on request");
            }
            default -> {
                // Nothing runs, or the restart is under way, or it is only booting, from where it goes by STOPPED.
            }
        }
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
        ledger.forget();
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

    void terminate(ManagedOs os) {
        CellProcess cell = os.cell;
        if (cell != null) {
            cell.terminate();
            loop.schedule(TERMINATION_NS, () -> {
                if (os.cell == cell) {
                    os.log(() -> LOG.warn("{}: did not end within {} ms, killed", os.name(),
                            TERMINATION_NS / 1_000_000));
                    cell.kill();
                }
            });
        }
    }

    void launch(ManagedOs os) {
        os.aim(ManagedOs.Goal.RUN);
        os.endedWell = false;
        os.initGone = false;
        try {
            os.devices.claim();
            beginEpoch(os);
            if (os.config.kind() == OsKind.EXTERNAL) {
                os.complete();
                return;
            }
            os.cell = command.start(os.config, os.directory, os.group, os.devices, loop, this);
            os.keep();
            ledger.writeProcesses(oses.values());
        } catch (IOException e) {
            os.failureText = "not started: " + e.getMessage();
            endEpoch(os);
            OsState next = !os.isRequested() && lifecycle.mayBecome(os, OsState.FAILED)
                    ? OsState.FAILED : OsState.STOPPED;
            if (lifecycle.mayBecome(os, next)) {
                lifecycle.become(os, next, os.failureText);
            }
            os.fail(CellFailedException.notStarted(os.name(), e));
        }
    }

    void relaunch(ManagedOs os) {
        endEpoch(os);
        if (lifecycle.state(os) == OsState.BOOTING) {
            lifecycle.become(os, OsState.STOPPED, "ended while it booted, to be started again");
        }
        launch(os);
    }

    private void beginEpoch(ManagedOs os) throws IOException {
        os.directory.create();
        os.door.open(os.directory.attachSocket());
        os.token = os.directory.writeToken();
        os.directory.give();
        OsState before = lifecycle.state(os);
        memory.beginEpoch(os, loop.nanoTime(), random(OsEntryDescriptor.INCARNATION_LENGTH), oses.values());
        lifecycle.booting(os, before);
    }

    void endEpoch(ManagedOs os) {
        os.ready(false);
        os.door.endSessions();
        memory.endEpoch(os, oses.values(), lifecycle.events());
    }

    void stopped(ManagedOs os) {
        endEpoch(os);
        os.devices.release();
        if (lifecycle.mayBecome(os, OsState.STOPPED)) {
            lifecycle.become(os, OsState.STOPPED, "on request");
        }
        os.complete();
    }

    @Override
    public void started(CellProcess cell, long pid) {
        ManagedOs os = osOf(cell);
        if (os != null) {
            os.log(() -> LOG.info("{}: started, process {}", os.name(), pid));
            watch(os, cell);
            ledger.writeProcesses(oses.values());
            if (os.goal() == ManagedOs.Goal.RUN) {
                os.complete();
            }
        }
    }

    /** The cell is the OS's, and its process 1 runs. */
    void watch(ManagedOs os, CellProcess cell) {
        os.cell = cell;
        os.pid = cell.init();
        int init = cell.initDescriptor();
        if (init >= 0) {
            loop.add(init, () -> initGone(os, init));
        }
    }

    /** Process 1 has ended: its peers are told now, what the cell ended with comes with {@link #ended}. */
    private void initGone(ManagedOs os, int descriptor) {
        loop.remove(descriptor);
        os.initGone = true;
        // It may have written why, and its message that it did so is still to be read.
        lookout.lookForPanic(os);
        if (os.goal() == ManagedOs.Goal.RUN && os.isReady()) {
            failed(os, Failure.EXIT, "its init ended");
        }
    }

    @Override
    public void ended(CellProcess cell, int status, @Nullable String complaint) {
        ManagedOs os = osOf(cell);
        if (os == null) {
            return;
        }
        loop.remove(cell.initDescriptor());
        os.initGone = true;
        lookout.lookForPanic(os);
        os.processesEnded();
        ledger.writeProcesses(oses.values());
        switch (os.goal()) {
            case STOP -> stopped(os);
            case RESTART -> relaunch(os);
            case RECOVER -> recovery.ended(os, status);
            case RUN -> initEnded(os, status, complaint);
            default -> throw new IllegalStateException("goal=" + os.goal());
        }
    }

    private void initEnded(ManagedOs os, int status, @Nullable String complaint) {
        String text = complaint != null ? complaint : Recovery.describe(status);
        boolean wasAskedFor = os.isRequested();
        os.endedWell = complaint == null && status == 0;
        os.aim(ManagedOs.Goal.RECOVER);
        failed(os, Recovery.failureOf(status), text);
        if (complaint != null && wasAskedFor) {
            // Who asked is told, and mends what is wrong; it would fail in the same way again and again.
            lifecycle.become(os, OsState.FAILED, "its cell cannot be made");
        } else {
            recovery.begin(os);
        }
        // At last: whoever hears it may stop everything at once.
        os.fail(new CellFailedException(status, complaint == null ? os.name() + ": " + text : complaint));
    }

    /**
     * The OS failed by itself. Its epoch ends now, for its peers at once; once its processes have ended, its restart
     * policy says what follows. A second failure of the same epoch changes nothing.
     */
    void failed(ManagedOs os, Failure failure, String text) {
        OsState state = failure.isHang() ? OsState.HUNG : OsState.PANICKED;
        if (!lifecycle.mayBecome(os, state)) {
            return;
        }
        os.failureText = text;
        memory.management().failure(os.id(), failure, loop.nanoTime());
        lifecycle.become(os, state, text);
        if (failure == Failure.HEARTBEAT && !recovery.endsHung(os)) {
            return;
        }
        boolean isFirst = os.goal() == ManagedOs.Goal.RUN;
        if (isFirst) {
            os.aim(ManagedOs.Goal.RECOVER);
        }
        endEpoch(os);
        if (isFirst) {
            if (os.cell == null) {
                recovery.begin(os);
            } else if (!os.initGone) {
                os.cell.kill();
            }
        }
    }

    /** The keeper says that a process has ended which a nanokernel before this one had started. */
    private void exited(String name, int status) {
        for (ManagedOs os : oses.values()) {
            CellProcess cell = os.cell;
            if (Ledger.isOf(name, os) && cell != null && cell.isAdopted()) {
                cell.exited(status, this);
            }
        }
    }

    private @Nullable ManagedOs osOf(CellProcess cell) {
        for (ManagedOs os : oses.values()) {
            if (os.cell == cell) {
                return os;
            }
        }
        return null;
    }

    /** What an endpoint of the OS gets now; null if its state allows no attach. */
    @Nullable AttachGrant grant(ManagedOs os) {
        return switch (lifecycle.state(os)) {
            case BOOTING, RUNNING, SUSPECT, HUNG -> memory.grant(os, oses.values());
            default -> null;
        };
    }

    void ready(ManagedOs os) {
        OsRegionObject region = os.region;
        if (region != null) {
            os.ready(true);
            os.watch.begin(loop.nanoTime(), region.view().heartbeat());
            os.starvation.alive();
            if (lifecycle.state(os) == OsState.BOOTING || lifecycle.state(os) == OsState.HUNG) {
                lifecycle.become(os, OsState.RUNNING, "its endpoint is ready");
            } else {
                lifecycle.report(os, "another endpoint is ready");
            }
        }
    }

    /** Without an endpoint nobody beats, and nobody is to be missed. */
    void detached(ManagedOs os, String reason) {
        if (os.isReady() && os.goal() == ManagedOs.Goal.RUN) {
            lifecycle.report(os, "its endpoint detached: " + reason);
        }
        os.ready(false);
        if (lifecycle.state(os) == OsState.SUSPECT) {
            lifecycle.become(os, OsState.RUNNING, "its endpoint detached, nobody is to beat");
        }
    }

    /** An endpoint says that the panic record of its OS is written. */
    void panicked(ManagedOs os) {
        lookout.lookForPanic(os);
    }

    /** An endpoint says that it saw no beat of a peer. */
    void silent(ManagedOs reporter, int peerId, int peerEpoch) {
        lookout.silent(reporter, peerId, peerEpoch, loop.nanoTime());
    }

    /** An endpoint says that it put its channel to a peer into quarantine. */
    void lied(ManagedOs reporter, int peerId, int peerEpoch) {
        lookout.lied(reporter, peerId, peerEpoch, loop.nanoTime());
    }

    /**
     * Shows the nanokernel's own sign of life and looks at those of the OSes.
     *
     * @param late how much later than it should this look is
     * @return when to look again at the latest
     */
    public long look(long now, long late) {
        memory.management().beat(now);
        return lookout.look(now, late);
    }

    /** What can be asked of it. */
    public MachineView view() {
        return view;
    }

    /** Brings failures about. */
    public FaultInjector faults() {
        return faults;
    }

    Collection<ManagedOs> oses() {
        return oses.values();
    }

    ManagedOs os(String name) {
        ManagedOs os = oses.get(name);
        if (os == null) {
            throw new NoSuchElementException("no OS is named " + name + "; there are: "
                    + String.join(", ", oses.keySet()));
        }
        return os;
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
            os.ready(false);
            os.door.close();
            memory.endEpoch(os, oses.values(), lifecycle.events());
            os.devices.release();
        }
        memory.close();
    }
}
