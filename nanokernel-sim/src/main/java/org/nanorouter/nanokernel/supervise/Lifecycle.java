// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.function.LongSupplier;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.journal.LogFields;
import org.nanorouter.nanokernel.memory.ManagementWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The states of the OSes. Every change goes through here: it is checked against {@link OsState#mayBecome}, written into
 * the OS table, logged, and kept as an event.
 */
final class Lifecycle {
    private static final Logger LOG = LoggerFactory.getLogger(Lifecycle.class);

    private final ManagementWriter management;
    private final LongSupplier clock;
    private final EventLog events = new EventLog();

    /**
     * Makes it.
     *
     * @param clock when an event happened, CLOCK_MONOTONIC in ns
     */
    Lifecycle(ManagementWriter management, LongSupplier clock) {
        this.management = management;
        this.clock = clock;
    }

    EventLog events() {
        return events;
    }

    OsState state(ManagedOs os) {
        OsState state = management.region().state(os.id());
        if (state == null) {
            throw new IllegalStateException("os=" + os.name() + " has a state that nobody wrote");
        }
        return state;
    }

    boolean mayBecome(ManagedOs os, OsState next) {
        return state(os).mayBecome(next);
    }

    /**
     * Changes the state of an OS.
     *
     * @param reason one line for people
     * @throws IllegalStateException if the ABI forbids this change
     */
    void become(ManagedOs os, OsState next, String reason) {
        OsState before = state(os);
        management.state(os.id(), next);
        changed(os, before, next, reason);
    }

    /** The next epoch of an OS has begun, and made it BOOTING. */
    void booting(ManagedOs os, OsState before) {
        changed(os, before, OsState.BOOTING, "epoch " + os.epoch() + " begins");
    }

    private void changed(ManagedOs os, OsState before, OsState next, String reason) {
        long now = clock.getAsLong();
        int epoch = management.region().epoch(os.id());
        events.add(now, os.name(), epoch, before, next, reason);
        if (os.recoveries.became(before, next, now)) {
            os.keep();
        }
        String state = Machine.label(next);
        LogFields.with(() -> {
            switch (next) {
                case PANICKED, HUNG, FAILED -> LOG.warn("{}: {}: {}", os.name(), state, reason);
                default -> LOG.info("{}: {}: {}", os.name(), state, reason);
            }
        }, LogFields.OS, os.name(), LogFields.EPOCH, String.valueOf(epoch), LogFields.STATE, state,
                LogFields.REASON, reason);
    }

    /** Something was noticed that changes no state. */
    void report(ManagedOs os, String what) {
        int epoch = management.region().epoch(os.id());
        events.add(clock.getAsLong(), os.name(), epoch, null, null, what);
        LogFields.with(() -> LOG.warn("{}: {}", os.name(), what), LogFields.OS, os.name(), LogFields.EPOCH,
                String.valueOf(epoch), LogFields.REASON, what);
    }
}
