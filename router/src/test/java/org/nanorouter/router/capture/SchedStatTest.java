// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SchedStatTest {
    @TempDir
    private Path directory;

    @Test
    void readsTheTimesAnewEachTime() throws IOException {
        Path file = directory.resolve("schedstat");
        Files.writeString(file, "123456789012 98765 42\n");
        SchedStat times = new SchedStat(file);
        assertThat(times.read()).isTrue();
        assertThat(times.running()).isEqualTo(123_456_789_012L);
        assertThat(times.waiting()).isEqualTo(98_765);
        Files.writeString(file, "123456789013 98766 42\n");
        assertThat(times.read()).isTrue();
        assertThat(times.running()).isEqualTo(123_456_789_013L);
        assertThat(times.waiting()).isEqualTo(98_766);
        times.close();
        assertThat(times.read()).isFalse();
    }

    @Test
    void aKernelThatDoesNotCountKnowsNone() throws IOException {
        Path file = directory.resolve("schedstat");
        SchedStat missing = new SchedStat(file);
        assertThat(missing.read()).isFalse();
        assertThat(missing.read()).isFalse();
        Files.writeString(file, "0 0 0\n");
        SchedStat zero = new SchedStat(file);
        assertThat(zero.read()).isFalse();
        zero.close();
    }
}
