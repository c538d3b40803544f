// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.nio.file.Path;
import java.util.List;

/**
 * The devices that belong to one OS and to no other; {@link MachineConfig} documents the keys. Each list has no
 * duplicates and is in the order of the file; each name is the one that the kernel has for the device.
 *
 * @param interfaces network interfaces, by name
 * @param taps       TAPs that exist or are made by programs of the OS, by name
 * @param pci        PCI devices, by address with domain, such as {@code 0000:03:00.0}
 * @param nodes      device nodes, paths below {@code /dev}
 */
public record Devices(List<String> interfaces, List<String> taps, List<String> pci, List<Path> nodes) {
    /** No device at all. */
    public static final Devices NONE = new Devices(List.of(), List.of(), List.of(), List.of());

    /** Whether there is a device. */
    public boolean any() {
        return !(interfaces.isEmpty() && taps.isEmpty() && pci.isEmpty() && nodes.isEmpty());
    }
}
