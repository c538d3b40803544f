// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MachineCheckTest {
    private static final String TEXT = """
            [[os]]
            name = "a"
            kind = "external"
            [[os]]
            name = "b"
            init = ["/bin/true"]
            env = { X = "1" }
            mounts = [{ source = "/usr" }]
            """;

    @TempDir
    private Path directory;

    @Test
    void aFileIsUnchangedOrNeedsARestartOrHasMistakes() throws Exception {
        Path file = Files.writeString(directory.resolve("machine.toml"), TEXT);
        MachineConfig running = MachineConfig.read(file);
        Files.writeString(file, "# a comment\n" + TEXT);
        assertThat(MachineCheck.check(file, running)).isEqualTo(MachineCheck.Verdict.UNCHANGED);
        Files.writeString(file, TEXT.replace("\"1\"", "\"2\""));
        assertThat(MachineCheck.check(file, running)).isEqualTo(MachineCheck.Verdict.NEEDS_RESTART);
        Files.writeString(file, TEXT + "nonsense = 1\n");
        assertThat(MachineCheck.check(file, running)).isEqualTo(MachineCheck.Verdict.MISTAKES);
        Files.delete(file);
        assertThat(MachineCheck.check(file, running)).isEqualTo(MachineCheck.Verdict.MISTAKES);
    }
}
