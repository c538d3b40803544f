// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.Process;

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

    /**
     * Sends the signal.
     *
     * @return pid of the process that got it
     * @throws IllegalStateException if there is no such process
     */
    int into(ManagedOs os, Lifecycle lifecycle) {
        AttachSession session = os.session();
        int pid = !ofEndpoint ? (int) os.pid : session == null ? 0 : session.peerPid();
        if (pid <= 0) {
            throw new IllegalStateException("os=" + os.name() + " is " + Machine.label(lifecycle.state(os))
                    + " and has no " + (ofEndpoint ? "attached endpoint" : "process of ours"));
        }
        int fd = Process.pidfdOpen(pid);
        int result = fd < 0 ? fd : Process.pidfdSendSignal(fd, signal);
        if (fd >= 0) {
            Fd.close(fd);
        }
        if (result < 0) {
            throw new IllegalStateException("os=" + os.name() + ": process " + pid + ": " + Errno.describe(-result));
        }
        lifecycle.report(os, "on request: signal " + signal + " to " + (ofEndpoint ? "its endpoint" : "its init"));
        return pid;
    }
}
