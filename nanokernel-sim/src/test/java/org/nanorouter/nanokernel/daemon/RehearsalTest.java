// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.keeper.Keeper;

/** What a spare does while another nanokernel has the machine. */
@Timeout(30)
class RehearsalTest {
    private static final String MACHINE = """
            [[os]]
            name = "cell"
            init = ["/bin/true"]
            [[os]]
            name = "other"
            kind = "external"
            """;

    @TempDir
    private Path base;

    @Test
    void filesStayAsTheyAreAndNoDescriptorStaysOpen() throws Exception {
        RunDirectory directory = RunDirectory.of(base, "test");
        Path socket = directory.attachSocket("cell");
        Files.createDirectories(socket.getParent());
        Files.createFile(socket);
        Nanokernel.Options options = new Nanokernel.Options(MachineConfig.parse(MACHINE, Path.of("m.toml")),
                Keeper.none(), directory, null, false, true);
        List<Path> files = list(base);
        // The first one opens what the JVM keeps.
        Nanokernel.makeOnce(options);
        List<Path> descriptors = list(Path.of("/proc/self/fd"));
        Nanokernel.makeOnce(options);
        assertThat(list(Path.of("/proc/self/fd"))).isSubsetOf(descriptors);
        assertThat(list(base)).isEqualTo(files);
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> found = Files.walk(directory)) {
            return found.sorted().toList();
        }
    }
}
