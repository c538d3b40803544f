// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * Which users there are in our own user namespace: all on the machine itself, few in a container.
 *
 * @param maps the lines of the maps of users and of groups
 */
public record UidMap(List<List<String>> maps) {

    /** That of this process. */
    public static UidMap own() throws IOException {
        return new UidMap(List.of(Files.readAllLines(Path.of("/proc/self/uid_map")),
                Files.readAllLines(Path.of("/proc/self/gid_map"))));
    }

    /** Whether all these users and groups exist here, in one piece. */
    public boolean holds(long first, long count) {
        return maps.stream().allMatch(lines -> lines.stream().anyMatch(line -> covers(line, first, count)));
    }

    /** A line has the first id here, the first id in the namespace above, and how many there are. */
    private static boolean covers(String line, long first, long count) {
        String[] words = line.trim().split("\\s+");
        long begin = Long.parseLong(words[0]);
        return begin <= first && first + count <= begin + Long.parseLong(words[2]);
    }
}
