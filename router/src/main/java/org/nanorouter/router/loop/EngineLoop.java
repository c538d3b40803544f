// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.loop;

import java.util.concurrent.Future;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.port.Port;

/** Runs an engine on a loop: pumps when a descriptor becomes readable or a time has come. On the loop only. */
public final class EngineLoop {
    private final DataLoop loop;
    private final Engine engine;
    private final LongSupplier clock;
    private final Timers timers;
    private final @Nullable Watch[] watches = new Watch[Engine.MAX_PORTS];
    private final boolean[] muted = new boolean[Engine.MAX_PORTS];
    private final Runnable pumpAgain = this::pumpAgain;
    private final Runnable onDeadline = this::onDeadline;
    private boolean pumpQueued;
    /** The one timer that is under way, if any. */
    private @Nullable Future<?> timer;
    /** When it comes. */
    private long timerAt = Port.NEVER;

    /** What calls back once, after a time. */
    interface Timers {
        Future<?> schedule(Runnable task, long delayNanos);
    }

    /** Ties the two together; {@code clock} is the engine's. */
    public EngineLoop(DataLoop loop, Engine engine, LongSupplier clock) {
        this(loop, engine, clock, loop::schedule);
    }

    EngineLoop(DataLoop loop, Engine engine, LongSupplier clock, Timers timers) {
        this.loop = loop;
        this.engine = engine;
        this.clock = clock;
        this.timers = timers;
    }

    public Engine engine() {
        return engine;
    }

    /**
     * Takes a port into service.
     *
     * @return its index, or -1 if there are too many
     */
    public int add(Port port) {
        int index = engine.add(port);
        if (index >= 0) {
            int descriptor = port.readinessDescriptor();
            if (descriptor != Port.NO_DESCRIPTOR) {
                watches[index] = loop.watch(descriptor, () -> onReadable(index));
            }
            queuePump();
        }
        return index;
    }

    /** Takes a port out of service; it may be closed then. */
    public void remove(Port port) {
        int index = engine.indexOf(port);
        if (index >= 0) {
            cancelWatch(index);
            engine.remove(port);
            queuePump();
        }
    }

    /** Stops listening to the port's descriptor; the port stays in service. */
    public void unwatch(Port port) {
        int index = engine.indexOf(port);
        if (index >= 0) {
            cancelWatch(index);
        }
    }

    private void cancelWatch(int index) {
        Watch watch = watches[index];
        if (watch != null) {
            watch.cancel();
            watches[index] = null;
            muted[index] = false;
        }
    }

    private void onReadable(int index) {
        engine.markReady(index);
        pump();
    }

    /** Moves what there is, whoever called. */
    public void pump() {
        if (engine.pump()) {
            queuePump();
        } else {
            mutePaused();
            armTimer();
        }
    }

    /** Before the loop sleeps: who is left alone shall not wake it. */
    private void mutePaused() {
        for (int index = 0; index < watches.length; index++) {
            Watch watch = watches[index];
            if (watch != null && muted[index] != engine.isPaused(index)) {
                muted[index] = !muted[index];
                watch.mute(muted[index]);
            }
        }
    }

    /**
     * Others have their chance first: descriptors that became readable, tasks, times. A task would not give it to them:
     * Netty runs tasks that queue themselves again for up to a second before it looks at anything else.
     */
    private void queuePump() {
        if (!pumpQueued) {
            pumpQueued = true;
            timers.schedule(pumpAgain, 0);
        }
    }

    private void pumpAgain() {
        pumpQueued = false;
        pump();
    }

    private void armTimer() {
        long deadline = engine.nextDeadline();
        // A timer that comes too early only finds nothing to do; so a later deadline leaves it as it is.
        if (deadline < timerAt) {
            if (timer != null) {
                // Left alone it would arm another one when it comes, and that one too: they would only become more.
                timer.cancel(false);
            }
            timerAt = deadline;
            long now = clock.getAsLong();
            timer = timers.schedule(onDeadline, deadline <= now ? 0 : deadline - now);
        }
    }

    private void onDeadline() {
        timer = null;
        timerAt = Port.NEVER;
        pump();
    }
}
