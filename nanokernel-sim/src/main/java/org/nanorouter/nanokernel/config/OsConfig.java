// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nanorouter.nanokernel.abi.OsKind;

/**
 * One {@code [[os]]} of {@code machine.toml}; {@link MachineConfig} documents the keys.
 *
 * @param id           place in the file, from 0
 * @param name         unique in the machine
 * @param kind         how the OS is made
 * @param autostart    whether the nanokernel starts it at its own start
 * @param regionLength bytes of its region
 * @param sharedMemory bytes that its programs may share with others
 * @param mac          its Ethernet address
 * @param init         its init command and arguments; empty for an external OS, and where services do without
 * @param services     commands that its process 1 starts, and starts anew when they end
 * @param mounts       what else a cell sees of the machine
 * @param env          additional environment of the init command
 * @param uidBase      first uid of a cell's range; of use only to a nanokernel that is root
 * @param peers        names of the OSes that it has a channel with
 * @param limits       what it may use of the machine
 * @param devices      what belongs to it alone
 * @param restart      what happens when it fails
 */
public record OsConfig(int id, String name, OsKind kind, boolean autostart, long regionLength, long sharedMemory,
        Mac mac, List<String> init, List<List<String>> services, List<Mount> mounts, Map<String, String> env,
        long uidBase, Set<String> peers, Limits limits, Devices devices, RestartConfig restart) {
}
