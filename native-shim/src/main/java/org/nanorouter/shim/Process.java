// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/**
 * Descriptors for processes, which, unlike a pid, never come to mean another process; how a thread is scheduled; the
 * panic trap.
 */
public final class Process {
    static {
        Shim.bind(Process.class, "nks_process_");
    }

    private Process() {
    }

    /** Returns a descriptor that becomes readable when the process ends, or -errno; ESRCH: there is none. */
    public static native int pidfdOpen(int pid);

    /** Sends a signal, or with 0 only asks whether it could. Returns 0 or -errno; ESRCH: the process ended. */
    public static native int pidfdSendSignal(int pidfd, int signal);

    /**
     * From now on SIGABRT, with which a JVM ends after an error of its own, and SIGTRAP leave a panic record.
     *
     * @param header address of the own region, which stays mapped until the next call; 0: none is left any more
     * @param socket the attach socket, open until the next call
     * @return 0 or -errno
     */
    public static native int trap(long header, int socket);

    /**
     * Makes the calling thread one that preempts nobody when it is woken ({@code SCHED_BATCH}; its share of the
     * processor stays the same), and that keeps to the second of two processors, if there are just two. Returns 0 or
     * -errno: it is scheduled as before then, or in part.
     */
    public static native int endpointThread();

    /**
     * Puts the process, with all its threads, before the OSes that it watches: by real time, or where that is not
     * allowed by its nice value. Programs and threads that the calling thread starts are scheduled as usual.
     * Returns 0 or -errno: it is scheduled as before then; EPERM: it may not.
     */
    public static native int supervisor();

    /**
     * Puts the process, with all its threads, behind those that move frames: on the other processor, if there are just
     * two; and in a session that began with this process, behind all other sessions. Returns 0 or -errno: it is
     * scheduled as before then, or in part.
     */
    public static native int bystander();
}
