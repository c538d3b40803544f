// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What {@code machine.toml} says: the machine and the OSes that share it.
 *
 * <table>
 * <caption>Keys</caption>
 * <tr><th>key</th><th>default</th><th>range and unit</th></tr>
 * <tr><td colspan="3">{@code [machine]}</td></tr>
 * <tr><td>name</td><td>default</td><td>1 to 31 of {@code a-z 0-9 -}; names the run directory</td></tr>
 * <tr><td>ring_size</td><td>2 MiB</td><td>a power of two from 256 KiB to 64 MiB; of each ring</td></tr>
 * <tr><td>heartbeat.period</td><td>100 ms</td><td>10 ms to 60 s; how often an OS shows that it lives</td></tr>
 * <tr><td>heartbeat.deadline</td><td>500 ms</td><td>20 ms to 10 min, at least twice the period; an OS silent for longer
 *     hangs</td></tr>
 * <tr><td>stall_deadline</td><td>2 s</td><td>20 ms to 10 min; an OS that beats, and reads nothing of what a peer sent
 *     for longer, stalls</td></tr>
 * <tr><td colspan="3">{@code [[os]]}, 1 to 32 of them</td></tr>
 * <tr><td>name</td><td>required</td><td>1 to 31 of {@code a-z 0-9 -}, unique</td></tr>
 * <tr><td>kind</td><td>namespace</td><td>namespace, process or external</td></tr>
 * <tr><td>autostart</td><td>true</td><td>whether it is started with the nanokernel</td></tr>
 * <tr><td>memory</td><td>what its rings need</td><td>that to 1 GiB; its region</td></tr>
 * <tr><td>shared_memory</td><td>64 MiB</td><td>0 to 1 GiB; what its programs share with those of others</td></tr>
 * <tr><td>mac</td><td>derived from the name</td><td>an Ethernet address of one station, unique</td></tr>
 * <tr><td>init</td><td>required, except external and beside services</td><td>the init command, a list of strings; its
 *     end is the OS's</td></tr>
 * <tr><td>services</td><td>none</td><td>namespace only, at most 16; tables with command, a list of strings, which is
 *     started anew when it ends</td></tr>
 * <tr><td>mounts</td><td>none</td><td>namespace only; tables with source, target (default: the source) and read_only
 *     (default: true)</td></tr>
 * <tr><td>env</td><td>none</td><td>a table of strings, for the init command</td></tr>
 * <tr><td>uid_base</td><td>100000 + 65536 x place</td><td>namespace only, 65536 to 4294836223; the first of the 65536
 *     uids of the cell, used when the nanokernel is root; ranges must not overlap</td></tr>
 * <tr><td>peers</td><td>all others</td><td>a list of OS names; two OSes have a channel if neither leaves the other
 *     out</td></tr>
 * <tr><td>memory_limit</td><td>none</td><td>not for external; 16 MiB to 16 TiB, 0 B: none; memory of all its
 *     processes, and swap where the kernel counts that. Whoever exceeds it is killed by the kernel</td></tr>
 * <tr><td>cpus</td><td>all</td><td>not for external; the processors on which it runs, as in {@code "0-1,3"}; each must
 *     be there</td></tr>
 * <tr><td>cpu_weight</td><td>100</td><td>not for external; 1 to 10000; its share of processors for which it
 *     competes</td></tr>
 * <tr><td colspan="3">devices of an OS: lists of at most 32, none by default; no other OS may name the same one, and
 *     while it runs none of another nanokernel of this user has it</td></tr>
 * <tr><td>interfaces</td><td>none</td><td>network interfaces by name. A namespace cell, made by root, has it in its
 *     network namespace while it runs. Of the other kinds it is claimed, and stays where it is</td></tr>
 * <tr><td>taps</td><td>none</td><td>TAPs by name, existing or made by the OS's programs; claimed</td></tr>
 * <tr><td>pci</td><td>none</td><td>PCI devices by address, {@code 0000:03:00.0} or {@code 03:00.0}; claimed</td></tr>
 * <tr><td>devices</td><td>none</td><td>device nodes below /dev. A namespace cell has them in its /dev, of the other
 *     kinds they are claimed</td></tr>
 * <tr><td>restart.policy</td><td>on-failure</td><td>always, on-failure (not when init ends with 0) or never</td></tr>
 * <tr><td>restart.delay</td><td>100 ms</td><td>0 to 1 h; before the first start after a failure; doubles with each
 *     failure within the window</td></tr>
 * <tr><td>restart.max_delay</td><td>10 s</td><td>the delay to 1 h</td></tr>
 * <tr><td>restart.limit</td><td>5</td><td>0 to 1000000; restarts within the window, then the OS is failed and waits for
 *     {@code os start}; 0: any number</td></tr>
 * <tr><td>restart.window</td><td>60 s</td><td>1 ms to 24 h</td></tr>
 * <tr><td>restart.hung</td><td>restart</td><td>restart or report; what a missed heartbeat deadline leads to</td></tr>
 * <tr><td>restart.stalled</td><td>report</td><td>restart or report; what a stall leads to. The ring's other side may
 *     lie about it: restart only among OSes that trust each other</td></tr>
 * <tr><td>restart.quarantined</td><td>report</td><td>restart or report; what it leads to that a peer says that the OS
 *     broke the rules of their rings; the peer may lie as well</td></tr>
 * <tr><td>restart.command</td><td>none</td><td>external only; a list of strings, started when the next epoch has
 *     begun</td></tr>
 * </table>
 *
 * @param name             names the run directory unless the command line does; null if it is not given
 * @param ringSize         bytes of each ring
 * @param heartbeatPeriod  how often an OS beats
 * @param heartbeatDeadline how long it may be silent
 * @param stallDeadline    how long it may leave unread what a peer sent
 * @param oses             in the order of the file; the place is the OS's id
 */
public record MachineConfig(@Nullable String name, long ringSize, Duration heartbeatPeriod, Duration heartbeatDeadline,
        Duration stallDeadline, List<OsConfig> oses) {

    /** Reads and checks a file. */
    public static MachineConfig read(Path file) throws ConfigException {
        return new MachineReader(ConfigReader.open(file), Processors.present()).read();
    }

    /** The text of a file, to be parsed. */
    public static String text(Path file) throws ConfigException {
        return ConfigReader.text(file);
    }

    /** Reads and checks a text, whose name in messages is {@code file}. */
    public static MachineConfig parse(String text, Path file) throws ConfigException {
        return parse(text, file, Processors.present());
    }

    /** The same of a machine that runs: it is not held against processors that went away meanwhile. */
    public static MachineConfig parseRunning(String text, Path file) throws ConfigException {
        return parse(text, file, null);
    }

    /** The same for a machine with these processors. */
    static MachineConfig parse(String text, Path file, @Nullable BitSet processors) throws ConfigException {
        return new MachineReader(ConfigReader.parse(text, file), processors).read();
    }
}
