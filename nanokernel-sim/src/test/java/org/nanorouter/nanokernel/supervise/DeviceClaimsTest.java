// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.shim.Claim;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;

/** From when to when OSes without a cell own their devices; the other owner is the test. */
@Timeout(60)
class DeviceClaimsTest {
    @TempDir
    private Path directory;
    private Path registry;
    private MachineFixture machine;

    @BeforeEach
    void startMachine() throws Exception {
        machine = new MachineFixture(directory, """
                [[os]]
                name = "a"
                kind = "external"
                taps = ["nktap-a"]
                [[os]]
                name = "b"
                kind = "process"
                init = ["/bin/sleep", "1000"]
                restart = { policy = "never" }
                taps = ["nktap-b"]
                """);
        registry = Files.createDirectory(directory.resolve("devices"));
    }

    @AfterEach
    void endMachine() throws Exception {
        machine.close();
    }

    /** A descriptor, or why the device is not to be had. */
    private int take(String device) throws Exception {
        Object namespace = Files.getAttribute(Path.of("/proc/self/ns/net"), "unix:ino");
        return Claim.take(registry, "net-" + namespace + "-" + device, "the test");
    }

    @Test
    void anExternalOsOwnsThemFromItsStartToItsStopRestartsIncluded() throws Exception {
        machine.start("a");
        assertThat(take("nktap-a")).isEqualTo(-Errno.EAGAIN);
        machine.restart("a");
        assertThat(machine.show("a")).containsEntry("taps", Map.of("nktap-a", "missing")).containsEntry("epoch", 2);
        assertThat(take("nktap-a")).isEqualTo(-Errno.EAGAIN);
        machine.stop("a");
        int fd = take("nktap-a");
        assertThat(fd).isPositive();
        Fd.close(fd);
    }

    @Test
    void aProgramOwnsThemAsLongAsItRuns() throws Exception {
        machine.start("b");
        assertThat(take("nktap-b")).isEqualTo(-Errno.EAGAIN);
        machine.inject("b", FaultSignal.KILL);
        machine.awaitState("b", "panicked");
        int fd = take("nktap-b");
        assertThat(fd).isPositive();
        Fd.close(fd);
    }

    @Test
    void anOsWhoseDeviceIsAnothersIsNotStartedUntilThatIsGone() throws Exception {
        int fd = take("nktap-a");
        assertThatThrownBy(() -> machine.start("a")).hasCauseInstanceOf(CellFailedException.class)
                .hasMessageContaining("a: interface nktap-a belongs to the test, process ")
                .extracting(e -> ((CellFailedException) e.getCause()).exitStatus()).isEqualTo(69);
        assertThat(machine.show("a")).containsEntry("epoch", 0);
        Fd.close(fd);
        machine.start("a");
        assertThat(machine.state("a")).isEqualTo("booting");
    }
}
