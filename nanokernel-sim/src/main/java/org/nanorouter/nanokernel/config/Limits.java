// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

/**
 * What an OS may use of the machine; {@link MachineConfig} documents the keys.
 *
 * @param memory    bytes of memory of all its processes together; 0: no limit
 * @param cpus      the processors on which they run, as a list such as {@code 0-1,3}; empty: all
 * @param cpuWeight their share of busy processors, 1 to 10000, where an OS that has none counts as 100; 0: not given
 */
public record Limits(long memory, String cpus, int cpuWeight) {
    /** No limit at all. */
    public static final Limits NONE = new Limits(0, "", 0);

    /** Whether there is a limit. */
    public boolean any() {
        return memory != 0 || !cpus.isEmpty() || cpuWeight != 0;
    }
}
