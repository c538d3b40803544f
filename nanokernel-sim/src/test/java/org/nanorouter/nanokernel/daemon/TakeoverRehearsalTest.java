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

/** What a spare does while another nanokernel has the machine. */
@Timeout(30)
class TakeoverRehearsalTest {
    @TempDir
    private Path base;

    @Test
    void comesToItsEndAndLeavesFilesAndDescriptorsAsTheyWere() throws Exception {
        RunDirectory directory = RunDirectory.of(base, "test");
        Files.createDirectories(directory.osParent());
        List<Path> files = list(base);
        // The first one opens what the JVM keeps.
        TakeoverRehearsal.run(directory);
        List<Path> descriptors = list(Path.of("/proc/self/fd"));
        TakeoverRehearsal.run(directory);
        assertThat(list(Path.of("/proc/self/fd"))).isSubsetOf(descriptors);
        assertThat(list(base)).isEqualTo(files);
    }

    @Test
    void whatOneLeftThatWasKilledIsNoHindrance() throws Exception {
        RunDirectory directory = RunDirectory.of(base, "test");
        Path left = directory.osDirectory(".spare").resolve("rehearsal/os/one/attach.sock");
        Files.createDirectories(left.getParent());
        Files.createDirectory(left);
        TakeoverRehearsal.run(directory);
        assertThat(directory.osDirectory(".spare")).doesNotExist();
    }

    private static List<Path> list(Path directory) throws IOException {
        try (Stream<Path> found = Files.walk(directory)) {
            return found.sorted().toList();
        }
    }
}
