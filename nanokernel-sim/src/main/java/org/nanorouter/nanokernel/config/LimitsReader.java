// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.util.BitSet;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.OsKind;

/** Turns the keys {@code memory_limit}, {@code cpus} and {@code cpu_weight} of an OS into its {@link Limits}. */
final class LimitsReader {
    private static final long MIN_MEMORY = 16L << 20;
    private static final long MAX_MEMORY = 16L << 40;
    private static final int MIN_WEIGHT = 1;
    private static final int MAX_WEIGHT = 10_000;
    private static final int USUAL_WEIGHT = 100;

    /** The machine's processors; null if they are not known. */
    private final @Nullable BitSet present;

    LimitsReader(@Nullable BitSet present) {
        this.present = present;
    }

    Limits read(ConfigReader os, OsKind kind) {
        long memory = os.size("memory_limit", 0, 0, MAX_MEMORY);
        if (memory != 0 && memory < MIN_MEMORY) {
            os.mistake("memory_limit", "'os.memory_limit' is " + Unit.SIZE.format(memory) + ", too small to live",
                    "at least " + Unit.SIZE.format(MIN_MEMORY) + ", or 0 B for no limit");
        }
        int weight = os.integer("cpu_weight", USUAL_WEIGHT, MIN_WEIGHT, MAX_WEIGHT);
        Limits limits = new Limits(memory, cpus(os), os.has("cpu_weight") ? weight : 0);
        if (kind == OsKind.EXTERNAL) {
            for (String key : new String[] {"memory_limit", "cpus", "cpu_weight"}) {
                MachineReader.refuse(os, key, "nobody starts an external OS");
            }
        }
        return limits;
    }

    private String cpus(ConfigReader os) {
        if (!os.has("cpus")) {
            return "";
        }
        String text = os.string("cpus", "0");
        BitSet wanted = Processors.parse(text);
        if (wanted == null) {
            os.mistake("cpus", "'os.cpus' is \"" + text + "\"", "a list of processors such as \"0-1,3\"");
            return "";
        }
        if (present != null) {
            BitSet missing = (BitSet) wanted.clone();
            missing.andNot(present);
            if (!missing.isEmpty()) {
                os.mistake("cpus", "'os.cpus' names " + Processors.format(missing) + ", which this machine has not",
                        "processors of " + Processors.format(present));
            }
        }
        return Processors.format(wanted);
    }
}
