// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

/** A failure that is brought about on purpose: a signal to one process of an OS. */
public enum Injection {
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
    private final int signal;

    Injection(boolean ofEndpoint, int signal) {
        this.ofEndpoint = ofEndpoint;
        this.signal = signal;
    }

    /** Whether the attached endpoint gets the signal; else process 1 does. */
    boolean isOfEndpoint() {
        return ofEndpoint;
    }

    /** Number of the signal. */
    int signal() {
        return signal;
    }
}
