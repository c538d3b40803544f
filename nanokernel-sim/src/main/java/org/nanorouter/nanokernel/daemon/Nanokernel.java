// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.cell.CellCommand;
import org.nanorouter.nanokernel.cell.CellRecord;
import org.nanorouter.nanokernel.cell.CgroupMounts;
import org.nanorouter.nanokernel.cell.ControlGroups;
import org.nanorouter.nanokernel.cell.DeviceRegistry;
import org.nanorouter.nanokernel.cell.UidMap;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.nanokernel.control.ControlServer;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.memory.BadRegionException;
import org.nanorouter.nanokernel.supervise.CellFailedException;
import org.nanorouter.nanokernel.supervise.Machine;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Process;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.Systemd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The nanokernel's process: starts the machine, runs its loop, ends it in order. */
public final class Nanokernel {
    /**
     * What a nanokernel is started with.
     *
     * @param config    the machine
     * @param keeper    has what the next nanokernel takes over, and perhaps what the one before left
     * @param directory the instance's place
     * @param home      the program's home, which every cell sees; null if it is not installed
     * @param lifeline  whether the end of standard input ends the nanokernel and its cells
     * @param spare     whether one more nanokernel waits to take over
     * @param practice  whether it is one of {@link TakeoverRehearsal}, and nobody outside the process is to notice
     */
    public record Options(MachineConfig config, Keeper keeper, RunDirectory directory, @Nullable Path home,
            boolean lifeline, boolean spare, boolean practice) {
        /** Of a nanokernel that works. */
        public Options(MachineConfig config, Keeper keeper, RunDirectory directory, @Nullable Path home,
                boolean lifeline, boolean spare) {
            this(config, keeper, directory, home, lifeline, spare, false);
        }

        static Options ofPractice(MachineConfig config, Keeper keeper, RunDirectory directory) {
            return new Options(config, keeper, directory, null, false, false, true);
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Nanokernel.class);
    private static final int STANDARD_INPUT = 0;
    private static final int OK = 0;
    private static final long STOP_DEADLINE_NS = 6_000_000_000L;
    private static final long MAX_LOOK_PERIOD_NS = 1_000_000_000L;
    private static final long US = 1_000;
    /** After the start: the OSes' own comes first. */
    private static final long SPARE_DELAY_NS = 10_000_000_000L;

    private final Options options;
    private final PollLoop loop;
    private @Nullable StartException startFailure;
    private @Nullable Runnable stopAction;
    private boolean stopping;
    private boolean tookOver;

    private Nanokernel(Options options, PollLoop loop) {
        this.options = options;
        this.loop = loop;
    }

    /** Makes a nanokernel that {@link #run} starts. */
    public static Nanokernel create(Options options) throws StartException {
        checkPaths(options);
        try {
            return new Nanokernel(options, new PollLoop());
        } catch (ShimException e) {
            throw new StartException(StartException.CANNOT_CREATE, String.valueOf(e.getMessage()), e);
        }
    }

    private static void checkPaths(Options options) throws StartException {
        for (OsConfig os : options.config().oses()) {
            Path longest = options.directory().attachSocket(os.name());
            if (longest.toString().getBytes(StandardCharsets.UTF_8).length > ControlServer.MAX_PATH) {
                throw new StartException(StartException.CANNOT_CREATE, "path=" + longest + " is longer than the "
                        + ControlServer.MAX_PATH + " bytes of a socket's path; set " + RunDirectory.BASE_VARIABLE
                        + " to a shorter directory", new IOException("path too long"));
            }
        }
    }

    /**
     * Runs until {@link #stop}; nothing of it is left afterwards.
     *
     * @return exit status
     * @throws StartException    if it or an OS with autostart could not start
     * @throws InstanceException if another nanokernel has the instance
     */
    public int run() throws StartException, InstanceException {
        try (loop; InstanceLock lock = options.directory().lock()) {
            CellRecord record = new CellRecord(options.directory().cellsFile());
            boolean succession = Machine.isLeftIn(options.keeper());
            if (!succession) {
                lock.clean(record);
            }
            boolean limits = options.config().oses().stream().anyMatch(os -> os.limits().any());
            try (ControlGroups groups = ControlGroups.open(CgroupMounts.own(), options.directory().label(), limits,
                    options.keeper().isThere());
                    Machine machine = machine(groups, record, lock);
                    ControlServer control = ControlServer.start(options.directory().controlSocket(),
                            new KernelControl(loop, machine, options.directory(), keeperPid()))) {
                LOG.info("instance {} at {}", options.directory().name(), control.path());
                serve(machine, succession);
            } finally {
                if (succession && !tookOver) {
                    // Nobody else will: with this process the keeper ends, and what it has.
                    record.endLeftovers();
                }
            }
        } catch (AccessDeniedException e) {
            throw new StartException(StartException.NO_PERMISSION, e.getMessage() + ": permission denied", e);
        } catch (ShimException e) {
            boolean denied = e.errno() == Errno.EPERM || e.errno() == Errno.EACCES;
            throw new StartException(denied ? StartException.NO_PERMISSION : StartException.CANNOT_CREATE,
                    String.valueOf(e.getMessage()), e);
        } catch (IOException e) {
            throw new StartException(StartException.CANNOT_CREATE, options.directory() + ": " + e.getMessage(), e);
        }
        StartException failure = startFailure;
        if (failure != null) {
            throw failure;
        }
        return OK;
    }

    private @Nullable Long keeperPid() {
        return options.keeper().isThere()
                ? ProcessHandle.current().parent().map(ProcessHandle::pid).orElse(null) : null;
    }

    private Machine machine(ControlGroups groups, CellRecord record, InstanceLock lock) throws IOException {
        try {
            return new Machine(options.config(), options.directory()::osDirectory, command(groups), record,
                    options.keeper(), loop);
        } catch (BadRegionException e) {
            // Of another revision, as after an upgrade. It has been taken, so that the next attempt makes a new one.
            LOG.error("the OSes cannot be taken over and begin anew: {}", e.getMessage());
            options.keeper().dropRest();
            lock.clean(record);
            return new Machine(options.config(), options.directory()::osDirectory, command(groups), record,
                    options.keeper(), loop);
        }
    }

    private CellCommand command(ControlGroups groups) throws IOException {
        return command(options, groups);
    }

    static CellCommand command(Options options, ControlGroups groups) throws IOException {
        int uid = RunDirectory.uid();
        DeviceRegistry registry = new DeviceRegistry(RunDirectory.devices(), uid,
                options.directory().name() + " in " + options.directory().directory().getParent());
        return new CellCommand(options.home(), options.lifeline(), uid == 0 ? UidMap.own() : null, groups, registry);
    }

    private void serve(Machine machine, boolean succession) {
        if (options.lifeline()) {
            // Never read: the cells share this input, and what poll has seen another one may have taken.
            loop.addForEnd(STANDARD_INPUT, this::onLifelineEnd);
        }
        loop.execute(() -> {
            if (!stopping) {
                startAll(machine);
            }
            look(machine, System.nanoTime());
            if (!options.practice()) {
                watchdog();
                // Not before: a start is long, and frames go before it. Where it is refused, a busy machine delays what
                // is seen of a failure.
                Process.supervisor();
            }
        });
        if (options.spare()) {
            loop.schedule(SPARE_DELAY_NS, options.keeper()::wantSpare);
        }
        stopAction = () -> stopAll(machine);
        if (succession) {
            machine.takeOver();
            tookOver = true;
        }
        loop.run();
    }

    private void startAll(Machine machine) {
        List<String> names = machine.toStart();
        CompletableFuture.allOf(names.stream().map(machine::start).toArray(CompletableFuture<?>[]::new))
                .whenComplete((nothing, failure) -> {
                    if (failure == null) {
                        LOG.info("ready, {} of {} OSes started", names.size(), options.config().oses().size());
                        notifySystemd("READY=1");
                    } else if (!stopping) {
                        startFailure = startFailure(failure);
                        stopOnLoop();
                    }
                });
    }

    private static StartException startFailure(Throwable failure) {
        Throwable cause = failure instanceof CompletionException && failure.getCause() != null
                ? failure.getCause() : failure;
        int status = cause instanceof CellFailedException cell && cell.exitStatus() > 63 && cell.exitStatus() < 79
                ? cell.exitStatus() : StartException.UNAVAILABLE;
        return new StartException(status, String.valueOf(cause.getMessage()), cause);
    }

    private void look(Machine machine, long due) {
        long now = System.nanoTime();
        long next = Math.min(now + MAX_LOOK_PERIOD_NS, machine.look(now, Math.max(0, now - due)));
        loop.schedule(next - now, () -> look(machine, next));
    }

    private void watchdog() {
        String interval = System.getenv("WATCHDOG_USEC");
        if (interval != null && interval.matches("[1-9][0-9]{0,15}")) {
            beatWatchdog(Long.parseLong(interval) * US / 2);
        }
    }

    private void beatWatchdog(long periodNs) {
        notifySystemd("WATCHDOG=1");
        loop.schedule(periodNs, () -> beatWatchdog(periodNs));
    }

    private void notifySystemd(String state) {
        int result = options.practice() ? 0 : Systemd.notify(state);
        if (result < 0) {
            LOG.warn("systemd was not told {}: {}", state, Errno.describe(-result));
        }
    }

    private void onLifelineEnd() {
        LOG.info("the lifeline ended");
        loop.remove(STANDARD_INPUT);
        stopOnLoop();
    }

    /** Asks for an orderly end; for every thread. */
    public void stop() {
        loop.execute(this::stopOnLoop);
    }

    private void stopOnLoop() {
        Runnable action = stopAction;
        if (!stopping && action != null) {
            stopping = true;
            action.run();
        }
    }

    private void stopAll(Machine machine) {
        LOG.info("stopping");
        notifySystemd("STOPPING=1");
        machine.stopAll().whenComplete((nothing, failure) -> loop.stop());
        loop.schedule(STOP_DEADLINE_NS, () -> {
            LOG.error("some OSes did not end, they are killed and left");
            machine.killAll();
            loop.stop();
        });
    }
}
