// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.shim.Claim;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;

/** Claims in a registry of the test's own; no device is opened or moved. */
class OsDevicesTest {
    @TempDir
    private Path temporary;
    private Path directory;
    private int uid;

    @BeforeEach
    void lookWhoWeAre() throws IOException {
        directory = temporary.resolve("devices");
        uid = (Integer) Files.getAttribute(temporary, "unix:uid");
    }

    /** The devices of an OS of another nanokernel. */
    private OsDevices devices(String os, String instance, String keys) throws ConfigException {
        return devices(os, instance, "external", keys);
    }

    private OsDevices devices(String os, String instance, String kind, String keys) throws ConfigException {
        return devices(os, instance, kind, keys, false);
    }

    private OsDevices devices(String os, String instance, String kind, String keys, boolean hasUidRange)
            throws ConfigException {
        String init = kind.equals("external") ? "" : "init = [\"/bin/true\"]\n";
        MachineConfig machine = MachineConfig.parse("[[os]]\nname = \"" + os + "\"\nkind = \"" + kind + "\"\n" + init
                + keys, Path.of("m.toml"));
        return new DeviceRegistry(directory, uid, instance).of(machine.oses().get(0), hasUidRange);
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).toList();
        }
    }

    private static void needsKmsg() {
        assumeThat(Path.of("/dev/kmsg")).as("a device node that is no cell's").exists();
    }

    @Test
    void aDeviceThatAnotherInstanceHasIsRefusedWithItsOwnerUntilThatGivesItBack() throws Exception {
        OsDevices first = devices("a", "one in /x", "taps = [\"tap-of-a\"]");
        OsDevices second = devices("b", "two in /y", "interfaces = []\ntaps = [\"other\", \"tap-of-a\"]");
        first.claim();
        assertThatThrownBy(second::claim).isInstanceOf(DeviceException.class).hasMessage(
                "interface tap-of-a belongs to OS a of instance one in /x, process "
                + ProcessHandle.current().pid());
        assertThat(files()).singleElement().asString().endsWith("-tap-of-a");
        first.claim();
        first.release();
        assertThat(files()).isEmpty();
        second.claim();
        assertThat(files()).hasSize(2);
        second.release();
        second.release();
    }

    @Test
    void theDeathOfAnOwnerFreesItsDevices() throws Exception {
        OsDevices devices = devices("a", "one", "taps = [\"tap0\"]");
        devices.claim();
        String file = files().get(0);
        devices.release();
        // flock(1) locks as nk-cell does; what a killed owner wrote stays in the file.
        Process owner = new ProcessBuilder("flock", directory.resolve(file).toString(), "-c",
                "echo 'OS dead of instance z' > '" + directory.resolve(file) + "'; echo; exec sleep 1000").start();
        try {
            assertThat(owner.getInputStream().read()).isEqualTo('\n');
            assertThatThrownBy(devices::claim).hasMessageContaining("tap0 belongs to OS dead of instance z");
            List<ProcessHandle> all = owner.descendants().toList();
            all.forEach(ProcessHandle::destroyForcibly);
            owner.destroyForcibly().waitFor();
            // The lock is free when the last of them is gone.
            all.forEach(process -> process.onExit().join());
            devices.claim();
            assertThat(directory.resolve(file)).content().startsWith("OS a of instance one, process ");
        } finally {
            owner.descendants().forEach(ProcessHandle::destroyForcibly);
            owner.destroyForcibly().waitFor();
            devices.release();
        }
    }

    @Test
    void aFileThatIsRemovedBetweenOpeningAndLockingIsNotTaken() throws Exception {
        Files.createDirectory(directory);
        int fd = Claim.take(directory, "x", "first");
        assertThat(fd).isPositive();
        assertThat(Claim.take(directory, "x", "second")).isEqualTo(-Errno.EAGAIN);
        Files.delete(directory.resolve("x"));
        int next = Claim.take(directory, "x", "third");
        assertThat(next).isPositive();
        assertThat(directory.resolve("x")).content().startsWith("third, process ");
        Fd.close(fd);
        assertThat(Claim.take(directory, "x", "fourth")).isEqualTo(-Errno.EAGAIN);
        Fd.close(next);
        assertThat(Claim.take(directory.resolve("none"), "x", "y")).isEqualTo(-Errno.ENOENT);
        assertThat(Claim.take(directory, "x", "y".repeat(600))).isEqualTo(-Errno.ENAMETOOLONG);
    }

    @Test
    void twoNamesOfOneNodeAreOneDevice() throws Exception {
        needsKmsg();
        OsDevices one = devices("a", "one", "devices = [\"/dev/kmsg\"]");
        OsDevices two = devices("b", "two", "devices = [\"/dev/kmsg\", \"/dev/console\"]");
        one.claim();
        assertThat(files()).containsExactly("char-10b");
        assertThatThrownBy(two::claim).hasMessageStartingWith("device /dev/kmsg belongs to OS a of instance one");
        one.release();
    }

    @Test
    void whatIsNotThereIsNamed() throws Exception {
        assertThatThrownBy(devices("a", "one", "interfaces = [\"nowhere0\"]")::claim)
                .isInstanceOf(DeviceException.class).hasMessage("interface nowhere0 is not there");
        assertThatThrownBy(devices("a", "one", "pci = [\"ffff:ff:1f.7\"]")::claim)
                .hasMessage("PCI device ffff:ff:1f.7 is not there");
        assertThatThrownBy(devices("a", "one", "devices = [\"/dev/nowhere\"]")::claim)
                .hasMessage("device /dev/nowhere is not there");
        assertThatThrownBy(devices("a", "one", "devices = [\"/dev/bus\"]")::claim).isInstanceOf(DeviceException.class);
        assertThat(directory).doesNotExist();
        assertThat(devices("a", "one", "interfaces = [\"nowhere0\"]\npci = [\"ffff:ff:1f.7\"]").report(0))
                .isEqualTo(Map.of("interfaces", Map.of("nowhere0", "missing"), "pci",
                        Map.of("ffff:ff:1f.7", "missing")));
    }

    @Test
    void aCellsProcessClaimsForItselfAndIsToldHow() throws Exception {
        needsKmsg();
        OsDevices devices = devices("a", "one in /x", "namespace",
                "interfaces = [\"nowhere0\"]\ndevices = [\"/dev/kmsg\"]");
        assertThat(devices("b", "one", "namespace", "").options()).isEmpty();
        devices.claim();
        assertThat(files()).isEmpty();
        Object namespace = Files.getAttribute(Path.of("/proc/self/ns/net"), "unix:ino");
        assertThat(devices.options()).containsExactly("--registry", directory.toString(),
                "--owner", "OS a of instance one in /x",
                "--claim", "net-" + namespace + "-nowhere0:interface nowhere0",
                "--claim", "char-10b:device /dev/kmsg", "--interface", "nowhere0", "--device", "/dev/kmsg");
        assertThat(devices.report(0)).containsEntry("devices", Map.of("/dev/kmsg", "on the machine"));
        devices.release();
    }

    @Test
    void aNodeThatTheRootOfAnOsMayNotOpenIsSaidToBeSo() throws Exception {
        needsKmsg();
        // As if this process were a cell that got no node of its own, so that the machine's is there.
        Object shown = devices("a", "one", "namespace", "devices = [\"/dev/kmsg\"]", true)
                .report(ProcessHandle.current().pid()).get("devices");
        Set<PosixFilePermission> permissions = Files.getPosixFilePermissions(Path.of("/dev/kmsg"));
        boolean read = permissions.contains(PosixFilePermission.OTHERS_READ);
        boolean write = permissions.contains(PosixFilePermission.OTHERS_WRITE);
        assertThat(shown).isEqualTo(Map.of("/dev/kmsg", "in the OS" + (read && write ? ""
                : read ? ", its root may only read it" : write ? ", its root may only write it"
                : ", its root may not open it")));
    }

    @Test
    void theDirectoryIsTheUsersAloneAndNeverALink() throws Exception {
        OsDevices devices = devices("a", "one", "taps = [\"tap0\"]");
        Files.createSymbolicLink(directory, Files.createDirectory(temporary.resolve("elsewhere")));
        assertThatThrownBy(devices::claim).isInstanceOf(DeviceException.class)
                .hasMessageContaining("is not a directory of uid " + uid);
        Files.delete(directory);
        devices.claim();
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory))).isEqualTo("rwx------");
        devices.release();
    }
}
