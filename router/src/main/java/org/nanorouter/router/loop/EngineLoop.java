package org.nanorouter.router.loop;

import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.port.Port;

/** Runs an engine on a loop: pumps when a descriptor becomes readable or a time has come. On the loop only. */
public final class EngineLoop {
    private final DataLoop loop;
    private final Engine engine;
    private final LongSupplier clock;
    private final @Nullable Watch[] watches = new Watch[Engine.MAX_PORTS];
    private final Runnable pumpAgain = this::pumpAgain;
    private final Runnable onDeadline = this::onDeadline;
    private boolean pumpQueued;
    /** The earliest time for which a timer is under way. */
    private long timerAt = Port.NEVER;

    /** Ties the two together; {@code clock} is the engine's. */
    public EngineLoop(DataLoop loop, Engine engine, LongSupplier clock) {
        this.loop = loop;
        this.engine = engine;
        this.clock = clock;
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
            Watch watch = watches[index];
            if (watch != null) {
                watch.cancel();
                watches[index] = null;
            }
            engine.remove(port);
            queuePump();
        }
    }

    private void onReadable(int index) {
        engine.markReady(index);
        pump();
    }

    private void pump() {
        if (engine.pump()) {
            queuePump();
        } else {
            armTimer();
        }
    }

    /** Others have their chance first: descriptors that became readable, tasks, times. */
    private void queuePump() {
        if (!pumpQueued) {
            pumpQueued = true;
            loop.execute(pumpAgain);
        }
    }

    private void pumpAgain() {
        pumpQueued = false;
        pump();
    }

    private void armTimer() {
        long deadline = engine.nextDeadline();
        // A timer that is under way and comes too early only finds nothing to do; so one is enough, and it is rare.
        if (deadline < timerAt) {
            timerAt = deadline;
            long now = clock.getAsLong();
            loop.schedule(onDeadline, deadline <= now ? 0 : deadline - now);
        }
    }

    private void onDeadline() {
        timerAt = Port.NEVER;
        pump();
    }
}
