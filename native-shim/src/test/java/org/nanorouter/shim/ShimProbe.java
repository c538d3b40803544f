// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** What {@link ShimTest} runs in a JVM of its own: uses the shim, and says where JNA's own library was mapped from. */
final class ShimProbe {
    private ShimProbe() {
    }

    public static void main(String[] arguments) throws IOException {
        try {
            System.out.println("page size " + NativeBuffer.pageSize());
        } catch (LinkageError e) {
            System.out.println(e.getMessage());
            return;
        }
        try (var lines = Files.lines(Path.of("/proc/self/maps"))) {
            lines.filter(line -> line.contains("jna")).forEach(System.out::println);
        }
        if (arguments.length > 0) {
            System.out.println("notify " + Systemd.notify(arguments[0]));
        }
    }
}
