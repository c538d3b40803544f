// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the daemons of an instance said of themselves.
 *
 * @param name     of the instance
 * @param socket   control socket of the nanokernel, made when it started
 * @param uptimeS  how long the nanokernel runs, in seconds
 * @param daemons  the nanokernel and what was started beside and under it
 * @param oses     the OSes that have processes
 */
public record RunningInstance(String name, Path socket, double uptimeS, List<Daemon> daemons, List<Os> oses) {

    /**
     * One daemon.
     *
     * @param what    for people, such as {@code router of OS host}
     * @param pid     as the machine numbers it; 0 if that is not known
     * @param version as it says; null if it does not
     */
    public record Daemon(String what, long pid, @Nullable String version) {
    }

    /**
     * An OS.
     *
     * @param name of the OS
     * @param pid  its process 1, as the machine numbers it
     * @param taps the interfaces of its routers; empty if they are not known
     */
    public record Os(String name, long pid, List<String> taps) {
    }
}
