// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

/** A failure that is a signal to one process of an OS. */
public enum FaultSignal {
    /** The endpoint aborts, which leaves a panic record. */
    PANIC(true, 6),
    /** The endpoint stops and beats no more. */
    HANG(true, 19),
    /** A hung endpoint goes on. */
    RESUME(true, 18),
    /** Process 1 of the cell, or the init command, is killed, and leaves no record. */
    KILL(false, 9),
    /** The endpoint is killed, and the OS lives on if something starts the endpoint again. */
    KILL_ENDPOINT(true, 9);

    private final boolean ofEndpoint;
    private final int number;

    FaultSignal(boolean ofEndpoint, int number) {
        this.ofEndpoint = ofEndpoint;
        this.number = number;
    }

    /** Whether the attached endpoint gets it; else process 1 does. */
    boolean isOfEndpoint() {
        return ofEndpoint;
    }

    /** Number of the signal. */
    int number() {
        return number;
    }
}
