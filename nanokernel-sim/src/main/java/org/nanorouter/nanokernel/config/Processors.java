// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/** Lists of processors as the kernel writes them: numbers and ranges, such as {@code 0-1,3}. */
final class Processors {
    private static final Path PRESENT = Path.of("/sys/devices/system/cpu/present");
    private static final Pattern LIST = Pattern.compile("[0-9]{1,4}(-[0-9]{1,4})?(,[0-9]{1,4}(-[0-9]{1,4})?)*");

    private Processors() {
    }

    /** Those that this machine has; null if it does not say. */
    static @Nullable BitSet present() {
        try {
            return parse(Files.readString(PRESENT).strip());
        } catch (IOException e) {
            return null;
        }
    }

    /** The processors of a list; null if it is none, or a range ends before it begins. */
    static @Nullable BitSet parse(String list) {
        if (!LIST.matcher(list).matches()) {
            return null;
        }
        BitSet processors = new BitSet();
        for (String range : list.split(",")) {
            String[] ends = range.split("-");
            int first = Integer.parseInt(ends[0]);
            int last = Integer.parseInt(ends[ends.length - 1]);
            if (last < first) {
                return null;
            }
            processors.set(first, last + 1);
        }
        return processors;
    }

    /** The shortest list of these processors. */
    static String format(BitSet processors) {
        StringBuilder list = new StringBuilder();
        for (int first = processors.nextSetBit(0); first >= 0;) {
            int end = processors.nextClearBit(first);
            list.append(list.isEmpty() ? "" : ",").append(first);
            if (end - first > 1) {
                list.append('-').append(end - 1);
            }
            first = processors.nextSetBit(end);
        }
        return list.toString();
    }
}
