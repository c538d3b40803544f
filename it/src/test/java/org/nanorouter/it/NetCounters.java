// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What the kernel has counted in the network namespace of a process. */
record NetCounters(long pid) {
    private static final int DROPPED_WHEN_SENT = 11;

    /** A counter of /proc/PID/net/snmp, such as InDatagrams of Udp. */
    long of(String protocol, String name) throws IOException {
        List<String[]> lines = lines("snmp").stream().filter(line -> line.startsWith(protocol + ":"))
                .map(line -> line.split(" ")).toList();
        return Long.parseLong(lines.get(1)[Arrays.asList(lines.get(0)).indexOf(name)]);
    }

    /** Frames that found the queue of an interface full. */
    long droppedBy(String device) throws IOException {
        String line = lines("dev").stream().map(String::strip).filter(each -> each.startsWith(device + ":"))
                .findFirst().orElseThrow();
        return Long.parseLong(line.substring(device.length() + 1).strip().split(" +")[DROPPED_WHEN_SENT]);
    }

    private List<String> lines(String file) throws IOException {
        return Files.readAllLines(Path.of("/proc", Long.toString(pid), "net", file));
    }
}
