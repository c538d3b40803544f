// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import java.util.EnumSet;
import org.jspecify.annotations.Nullable;

/**
 * State of an OS in the OS table; C twin {@code enum nk_os_state}. Only the nanokernel changes it, and only as
 * {@link #mayBecome} allows.
 */
public enum OsState {

    /** Known, never started: no region, no attach. */
    DEFINED(0),

    /** The region exists, attach is allowed, READY has not come yet. */
    BOOTING(1),

    /** READY was received; peers have a channel to it. */
    RUNNING(2),

    /** A heartbeat is late but within the deadline; everything that RUNNING allows is still allowed. */
    SUSPECT(3),

    /** A panic, an exit or a fatal signal was seen; the region may be read, attach is refused. */
    PANICKED(4),

    /** The heartbeat deadline passed; everything that RUNNING allows is still allowed, and a later beat mends it. */
    HUNG(5),

    /** The old incarnation is being ended; no attach, no new PEER. */
    RESTARTING(6),

    /** Ended on request: no region, no attach. */
    STOPPED(7),

    /** Restarted too often; waits for the operator, no region, no attach. */
    FAILED(8);

    private static final OsState[] VALUES = values();

    private final int value;

    OsState(int value) {
        this.value = value;
    }

    /** What stands in memory. */
    public int value() {
        return value;
    }

    /** Whether the ABI allows the change from this state to {@code next}. */
    public boolean mayBecome(OsState next) {
        return switch (this) {
            case DEFINED -> next == BOOTING;
            case BOOTING -> EnumSet.of(RUNNING, PANICKED, HUNG, STOPPED).contains(next);
            case RUNNING -> EnumSet.of(SUSPECT, PANICKED, HUNG, STOPPED, RESTARTING).contains(next);
            case SUSPECT -> EnumSet.of(RUNNING, PANICKED, HUNG, STOPPED, RESTARTING).contains(next);
            case PANICKED -> EnumSet.of(RESTARTING, FAILED, STOPPED).contains(next);
            case HUNG -> EnumSet.of(RUNNING, PANICKED, RESTARTING, FAILED, STOPPED).contains(next);
            case RESTARTING -> EnumSet.of(BOOTING, FAILED, STOPPED).contains(next);
            case STOPPED -> next == BOOTING;
            case FAILED -> next == BOOTING || next == STOPPED;
        };
    }

    /** The constant with this value, or {@code null} if there is none. */
    public static @Nullable OsState of(int value) {
        for (final OsState candidate : VALUES) {
            if (candidate.value == value) {
                return candidate;
            }
        }
        return null;
    }
}
