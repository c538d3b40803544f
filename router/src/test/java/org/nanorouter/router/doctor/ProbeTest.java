// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.daemon.RunDirectory;

/** What is tried on this very machine. */
class ProbeTest {
    private static final Path PROGRAMS = Path.of(System.getProperty("nanorouter.native")).toAbsolutePath();

    @Test
    void thisMachineIsExaminedAndNothingOfItIsLeft(@TempDir Path temporary) throws IOException {
        List<Finding> findings = Doctor.examine(Surroundings.own(List::of));
        assertThat(findings).hasSizeGreaterThan(30).allSatisfy(each -> {
            assertThat(each.found()).isNotEmpty();
            assertThat(each.advice().isEmpty())
                    .isEqualTo(each.verdict() == Verdict.OK || each.verdict() == Verdict.SKIPPED);
        });
        String interfaces = Files.readString(Path.of("/proc/self/net/dev"));
        assertThat(interfaces).doesNotContain("nkprobe");
        Probe.beginInCell(PROGRAMS, temporary, RunDirectory.uid()).get();
        try (Stream<Path> left = Files.list(temporary)) {
            assertThat(left).isEmpty();
        }
    }

    @Test
    void numbersOfTheKernelAreReadWhole() {
        assertThat(Surroundings.own(List::of).number("proc/sys/kernel/pid_max")).isGreaterThan(300);
    }

    @Test
    void machineAnswersEveryQuestion() {
        Probe probe = Probe.onMachine(PROGRAMS, List.of("machine"));
        assertThat(probe.failure()).isNull();
        assertThat(List.of("tun_open", "sealed_memory", "pidfd", "futex_waitv", "io_uring", "nice", "real_time",
                "clock_state", "wall_s")).allSatisfy(key -> assertThat(probe.value(key)).as(key).isNotNull());
        assertThat(probe.value("sealed_memory")).isZero();
    }

    @Test
    void spaceIsTheSpaceOfEachPath(@TempDir Path directory) throws IOException {
        Probe probe = Probe.onMachine(PROGRAMS, List.of("space", directory.toString(), "/none"));
        assertThat(probe.values().get("places").toString()).contains("bytes", "inodes", "error=2");
    }

    @Test
    void whatNkCellSaysLastIsTheReason() throws IOException {
        assertThat(Probe.parse("pid 3\nnk-cell: x\n").failure()).isEqualTo("nk-cell: x");
        assertThat(Probe.parse("pid 3\n{\"tap\":-1}\n").value("tap")).isEqualTo(-1);
        assertThat(Probe.parse("").failure()).isEqualTo("no answer");
        assertThat(Probe.onMachine(Path.of("/none"), List.of("machine")).failure()).isNotNull();
    }
}
