// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.nanokernel.cell.CellProcess;
import org.nanorouter.nanokernel.cell.ControlGroup;
import org.nanorouter.nanokernel.cell.OsDevices;
import org.nanorouter.nanokernel.cell.OsDirectory;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.nanokernel.journal.LogFields;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.loop.PollLoop.Timer;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.watch.HeartbeatWatch;
import org.nanorouter.nanokernel.watch.StarvationWatch;

/** What the nanokernel keeps of one OS; {@link Machine} changes it. */
final class ManagedOs {
    /** What is to happen when the OS's process has ended. */
    enum Goal {
        /** It shall run: an end is a failure. */
        RUN,
        /** It shall be stopped. */
        STOP,
        /** The next epoch shall begin, on request. */
        RESTART,
        /** It failed: its restart policy decides. */
        RECOVER
    }

    final OsConfig config;
    final OsDirectory directory;
    final ControlGroup group;
    final OsDevices devices;
    final HeartbeatWatch watch;
    final StarvationWatch starvation;
    final AttachDoor door;
    final RestartBudget budget;
    final RecoveryTimes recoveries = new RecoveryTimes();
    final boolean hasUidRange;

    /** The region of the current epoch, or null between two epochs. */
    @Nullable OsRegionObject region;
    byte[] token = new byte[0];
    /** The process, from its start to its end; null for an external OS. */
    @Nullable CellProcess cell;
    /** Process 1 of the cell, 0 until it is known. */
    long pid;
    /** Whether process 1 has ended; what is left of the cell ends by itself. */
    boolean initGone;
    /** Whether its init ended by itself and with 0. */
    boolean endedWell;
    /** The start after a failure, while it waits for its time. */
    @Nullable Timer nextStart;
    /** Says what happened at the last failure; empty if there was none. */
    String failureText = "";

    private final Ledger ledger;
    private Goal goal = Goal.RUN;
    private boolean ready;
    private @Nullable CompletableFuture<Void> request;

    ManagedOs(OsConfig config, OsDirectory directory, ControlGroup group, OsDevices devices, boolean hasUidRange,
            HeartbeatWatch watch, StarvationWatch starvation, PollLoop loop, Machine machine, Ledger ledger) {
        this.config = config;
        this.directory = directory;
        this.group = group;
        this.devices = devices;
        this.hasUidRange = hasUidRange;
        this.watch = watch;
        this.starvation = starvation;
        this.ledger = ledger;
        this.door = new AttachDoor(loop, machine, this, ledger);
        this.budget = new RestartBudget(config.restart());
    }

    int id() {
        return config.id();
    }

    String name() {
        return config.name();
    }

    boolean isNamespace() {
        return config.kind() == OsKind.NAMESPACE;
    }

    /** Epoch of the region, 0 if there is none. */
    int epoch() {
        return region == null ? 0 : region.view().epoch();
    }

    Goal goal() {
        return goal;
    }

    void aim(Goal next) {
        goal = next;
        keep();
    }

    /** Whether the attached endpoint has said that frames can flow. */
    boolean isReady() {
        return ready;
    }

    void ready(boolean is) {
        if (ready != is) {
            ready = is;
            keep();
        }
    }

    /** As a nanokernel before this one left it; nothing is kept of that yet. */
    void restore(Goal lastGoal, boolean wasReady, String lastFailure, String lastRecoveries) {
        goal = lastGoal;
        ready = wasReady;
        failureText = lastFailure;
        recoveries.restore(lastRecoveries);
    }

    /** Runs what logs something about it, so that the record has its name and epoch as fields. */
    void log(Runnable log) {
        LogFields.with(log, LogFields.OS, name(), LogFields.EPOCH, epoch() == 0 ? null : String.valueOf(epoch()));
    }

    /** What is known of it is kept for the next nanokernel. */
    void keep() {
        ledger.keepOs(this);
    }

    @Nullable AttachSession session() {
        return door.attached();
    }

    /** What its processes had is free. */
    void processesEnded() {
        if (pid != 0) {
            devices.missReturned();
        }
        cell = null;
        pid = 0;
        keep();
        group.remove();
        devices.release();
    }

    /** A new request overtakes the one before. */
    CompletableFuture<Void> begin() {
        fail(new IllegalStateException("os=" + name() + ": overtaken by another request"));
        if (nextStart != null) {
            nextStart.cancel();
            nextStart = null;
        }
        CompletableFuture<Void> next = new CompletableFuture<>();
        request = next;
        return next;
    }

    /** Whether somebody waits for what was asked for. */
    boolean isRequested() {
        return request != null;
    }

    void complete() {
        CompletableFuture<Void> current = request;
        request = null;
        if (current != null) {
            current.complete(null);
        }
    }

    void fail(Exception reason) {
        CompletableFuture<Void> current = request;
        request = null;
        if (current != null) {
            current.completeExceptionally(reason);
        }
    }
}
