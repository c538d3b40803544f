// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.Collection;
import java.util.function.Function;
import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.Process;
import org.nanorouter.shim.ShimException;

/** Brings failures about on purpose, each of which is an event of its OS. On the loop's thread. */
public final class FaultInjector {
    private static final long NS_PER_MS = 1_000_000;

    private final PollLoop loop;
    private final Lifecycle lifecycle;
    private final MachineMemory memory;
    private final Function<String, ManagedOs> byName;
    private final Collection<ManagedOs> oses;

    /**
     * Makes it.
     *
     * @param byName throws if there is no such OS
     */
    FaultInjector(PollLoop loop, Lifecycle lifecycle, MachineMemory memory, Function<String, ManagedOs> byName,
            Collection<ManagedOs> oses) {
        this.loop = loop;
        this.lifecycle = lifecycle;
        this.memory = memory;
        this.byName = byName;
        this.oses = oses;
    }

    /**
     * Sends a signal to one process of an OS.
     *
     * @return pid of the process that got it
     * @throws IllegalStateException if there is no such process
     */
    public int signal(String name, FaultSignal fault) {
        ManagedOs os = byName.apply(name);
        AttachSession session = os.session();
        int pid = !fault.isOfEndpoint() ? (int) os.pid : session == null ? 0 : session.peerPid();
        if (pid <= 0) {
            throw new IllegalStateException("os=" + name + " is " + Machine.label(lifecycle.state(os)) + " and has no "
                    + (fault.isOfEndpoint() ? "attached endpoint" : "process of ours"));
        }
        int fd = Process.pidfdOpen(pid);
        int result = fd < 0 ? fd : Process.pidfdSendSignal(fd, fault.number());
        if (fd >= 0) {
            Fd.close(fd);
        }
        if (result < 0) {
            throw new IllegalStateException("os=" + name + ": process " + pid + ": " + Errno.describe(-result));
        }
        lifecycle.report(os, "on request: signal " + fault.number() + " to "
                + (fault.isOfEndpoint() ? "its endpoint" : "its init"));
        return pid;
    }

    /** For some time no doorbell of the OS, nor for it, is heard. */
    public void muteDoorbells(String name, long ns) {
        ManagedOs os = byName.apply(name);
        memory.doorbells().mute(os.id());
        lifecycle.report(os, "on request: its doorbells are lost for " + ns / NS_PER_MS + " ms");
        loop.schedule(ns, () -> memory.doorbells().unmute(os.id()));
    }

    /** What the OS says of its rings is garbage, until it says the next thing of each. */
    public void garble(String name) {
        ManagedOs os = byName.apply(name);
        lifecycle.report(os, "on request: garbage in its rings");
        try {
            memory.garble(os, oses);
        } catch (ShimException e) {
            throw new IllegalStateException("os=" + name + ": " + e.getMessage(), e);
        }
    }
}
