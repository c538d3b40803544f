// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.router.config.RouterConfig;

class LeadRehearsalTest {
    @TempDir
    private Path directory;

    private static RouterConfig config(Path in) throws Exception {
        return RouterConfig.parse("""
            [control]
            socket = "%s"
            [[port]]
            name = "nk0"
            kind = "tap"
            """.formatted(in.resolve("router.sock")), in.resolve("router.toml"), Map.of());
    }

    private static List<String> threads() {
        return Thread.getAllStackTraces().keySet().stream().map(Thread::getName)
            .filter(name -> !name.startsWith("awaitility")).sorted().toList();
    }

    private static long descriptors() throws IOException {
        try (Stream<Path> all = Files.list(Path.of("/proc/self/fd"))) {
            return all.count();
        }
    }

    @Test
    void leavesNothingBehind() throws Exception {
        // What is made once in a process stays: JNA's memory, Netty's, descriptors of random numbers.
        LeadRehearsal.rehearse(config(directory));
        long before = descriptors();
        List<String> threads = threads();
        Path left = Files.createDirectory(directory.resolve("rehearsal-" + ProcessHandle.current().pid()));
        Files.createFile(left.resolve("by one that was killed"));
        LeadRehearsal.rehearse(config(directory));
        assertThat(directory).isEmptyDirectory();
        // A class that is just being loaded may have one.
        await().untilAsserted(() -> assertThat(descriptors()).isLessThanOrEqualTo(before));
        // One of Netty's that was there before may end meanwhile: it does so a second after its last task.
        await().untilAsserted(() -> assertThat(threads()).isSubsetOf(threads));
    }

    @Test
    void whatFailsCostsOnlySpeed() throws Exception {
        Path tooLongForASocket = Files.createDirectory(directory.resolve("x".repeat(100)));
        LeadRehearsal.run(config(tooLongForASocket));
        assertThat(tooLongForASocket).isEmptyDirectory();
    }
}
