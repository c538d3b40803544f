// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.config.OsConfig;

/** Against files of a directory, which stand for the kernel's; such files come into being when they are written. */
class ControlGroupTest {
    private static final long PID = 77;
    private static final String OWN_PID = Long.toString(ProcessHandle.current().pid());

    @TempDir
    private Path directory;
    private Path proc;

    @BeforeEach
    void makeProc() throws IOException {
        proc = Files.createDirectories(directory.resolve("proc/self")).getParent();
        Files.createDirectory(proc.resolve(Long.toString(PID)));
    }

    /** Mounts with a kernel that removes its own files with their group. */
    private CgroupMounts mounts() {
        return new CgroupMounts(proc) {
            @Override
            void removeGroup(Path group) throws IOException {
                try (Stream<Path> entries = Files.list(group)) {
                    if (entries.noneMatch(Files::isDirectory)) {
                        FileTree.remove(group);
                        return;
                    }
                }
                throw new IOException("Device or resource busy");
            }
        };
    }

    /** A v1 hierarchy of one controller, mounted at a place of its name; we are in its group {@code /ours}. */
    private Path v1(int id, String controller) throws IOException {
        return mounted(id + ":" + controller + ":/ours", "cgroup", controller, controller).resolve("ours");
    }

    /** A v2 hierarchy; we are in its group {@code /ours}. */
    private Path v2(String controllers) throws IOException {
        Path ours = mounted("0::/ours", "cgroup2", "unified", "nsdelegate").resolve("ours");
        Files.writeString(ours.resolve("cgroup.controllers"), controllers + "\n");
        Files.writeString(ours.resolve("cgroup.type"), "domain\n");
        Files.writeString(ours.resolve("cgroup.procs"), OWN_PID + "\n");
        return ours;
    }

    private Path mounted(String membership, String type, String name, String options) throws IOException {
        Path place = directory.resolve("mnt with blank").resolve(name);
        Files.createDirectories(place.resolve("ours"));
        append("self/cgroup", membership);
        append("self/mountinfo", "30 22 0:27 / " + place.toString().replace(" ", "\\040")
                + " rw,relatime shared:9 - " + type + " " + type + " rw," + options);
        return place;
    }

    private void append(String file, String line) throws IOException {
        Path path = proc.resolve(file);
        String before = Files.exists(path) ? Files.readString(path) : "";
        Files.writeString(path, before + line + "\n");
    }

    private void processIsIn(String... lines) throws IOException {
        Files.write(proc.resolve(PID + "/cgroup"), List.of(lines));
    }

    private static OsConfig os(String... keys) throws ConfigException {
        return MachineConfig.parse("[[os]]\nname = \"guest\"\ninit = [\"x\"]\n" + String.join("\n", keys) + "\n",
                Path.of("m.toml")).oses().get(0);
    }

    private static OsConfig limited() throws ConfigException {
        return os("memory_limit = \"32 MiB\"", "cpus = \"0\"", "cpu_weight = 250");
    }

    private ControlGroups open() {
        return ControlGroups.open(mounts(), "test", true, false);
    }

    private static String text(Path file) throws IOException {
        return Files.readString(file).strip();
    }

    @Test
    void eachLimitHasItsOwnHierarchyOfV1() throws Exception {
        Path memory = v1(4, "memory");
        Path cpu = v1(6, "cpu,cpuacct");
        Path cpuset = v1(3, "cpuset");
        Files.writeString(cpuset.resolve("cpuset.cpus"), "0-3\n");
        Files.writeString(cpuset.resolve("cpuset.mems"), "0\n");
        ControlGroup group = open().of(limited());
        assertThat(group.prepare()).containsExactly(memory.resolve("nanorouter/test/guest/cgroup.procs"),
                cpuset.resolve("nanorouter/test/guest/cgroup.procs"),
                cpu.resolve("nanorouter/test/guest/cgroup.procs"));
        assertThat(text(memory.resolve("nanorouter/test/guest/memory.limit_in_bytes"))).isEqualTo("33554432");
        assertThat(text(cpu.resolve("nanorouter/test/guest/cpu.shares"))).isEqualTo("2560");
        assertThat(text(cpuset.resolve("nanorouter/test/guest/cpuset.cpus"))).isEqualTo("0");
        assertThat(text(cpuset.resolve("nanorouter/test/guest/cpuset.mems"))).isEqualTo("0");
        assertThat(text(cpuset.resolve("nanorouter/test/cpuset.cpus"))).isEqualTo("0-3");
        assertThat(text(cpuset.resolve("nanorouter/cpuset.mems"))).isEqualTo("0");
        assertThat(group.report(0)).hasSize(3).allSatisfy((key, value) ->
                assertThat(value).isEqualTo("not enforced: the OS does not run"));
        processIsIn("4:memory:/ours/nanorouter/test/guest", "6:cpu,cpuacct:/ours/nanorouter/test/guest",
                "3:cpuset:/ours");
        assertThat(group.report(PID)).containsEntry("memory_limit", "enforced").containsEntry("cpu_weight", "enforced")
                .containsEntry("cpus",
                        "not enforced: process 77 is not in its control group; the console log says why");
    }

    @Test
    void swapIsLimitedWhereTheKernelCountsIt() throws Exception {
        Path guest = Files.createDirectories(v1(4, "memory").resolve("nanorouter/test/guest/more"));
        Files.writeString(guest.resolveSibling("memory.memsw.limit_in_bytes"), "5");
        ControlGroup group = open().of(os("memory_limit = \"32 MiB\""));
        group.prepare();
        assertThat(text(guest.resolveSibling("memory.memsw.limit_in_bytes"))).isEqualTo("33554432");
    }

    @Test
    void v2HasOneGroupForAllAndTheNanokernelGoesOutOfTheWay() throws Exception {
        Path ours = v2("cpuset cpu memory pids");
        ControlGroups groups = open();
        ControlGroup group = groups.of(limited());
        Path guest = ours.resolve("nanorouter/test/guest");
        assertThat(group.prepare()).containsExactly(guest.resolve("cgroup.procs"));
        assertThat(text(ours.resolve("nanorouter/test/.nanokernel/cgroup.procs"))).isEqualTo(OWN_PID);
        assertThat(text(guest.resolve("memory.max"))).isEqualTo("33554432");
        assertThat(text(guest.resolve("cpuset.cpus"))).isEqualTo("0");
        assertThat(text(guest.resolve("cpu.weight"))).isEqualTo("250");
        for (String giver : List.of("", "nanorouter", "nanorouter/test")) {
            // Of a file the last line written is left, of the kernel's all controllers.
            assertThat(text(ours.resolve(giver).resolve("cgroup.subtree_control"))).isEqualTo("+cpu");
        }
        processIsIn("0::/ours/nanorouter/test/guest");
        assertThat(group.report(PID)).isEqualTo(
                Map.of("memory_limit", "enforced", "cpus", "enforced", "cpu_weight", "enforced"));
        groups.close();
        assertThat(text(ours.resolve("cgroup.procs"))).isEqualTo(OWN_PID);
        assertThat(ours.resolve("nanorouter")).doesNotExist();
    }

    @Test
    void v2GivesNothingToANanokernelThatIsNotAlone() throws Exception {
        Files.writeString(v2("cpu memory cpuset").resolve("cgroup.procs"), OWN_PID + "\n1\n");
        ControlGroup group = open().of(limited());
        assertThat(group.prepare()).isEmpty();
        assertThat(group.report(PID)).hasSize(3).allSatisfy((key, value) -> assertThat(value).asString()
                .startsWith("not enforced: other processes are in the nanokernel's control group"));
    }

    @Test
    void theRootOfV2MayHaveProcessesAndGiveControllers() throws Exception {
        Path root = v2("memory");
        Files.delete(root.resolve("cgroup.type"));
        Files.writeString(root.resolve("cgroup.procs"), OWN_PID + "\n1\n");
        assertThat(open().of(os("memory_limit = \"32 MiB\"")).prepare()).hasSize(1);
        assertThat(text(root.resolve("cgroup.procs"))).isEqualTo(OWN_PID + "\n1");
    }

    @Test
    void v2WithoutControllersLeavesThoseOfV1() throws Exception {
        Path unified = v2("");
        Path memory = v1(4, "memory");
        ControlGroup group = open().of(limited());
        assertThat(group.prepare()).containsExactly(memory.resolve("nanorouter/test/guest/cgroup.procs"));
        assertThat(unified.resolve("nanorouter")).doesNotExist();
        assertThat(group.report(PID)).containsEntry("cpus",
                "not enforced: the control group of the nanokernel has no controller 'cpuset'");
    }

    @Test
    void whatCannotBeWrittenIsAReasonAndTheOtherLimitsHold() throws Exception {
        Path memory = v1(4, "memory");
        Path cpu = v1(6, "cpu");
        Files.createDirectories(memory.resolve("nanorouter/test/guest/memory.limit_in_bytes/x"));
        ControlGroup group = open().of(os("memory_limit = \"32 MiB\"", "cpu_weight = 1"));
        assertThat(group.prepare()).containsExactly(cpu.resolve("nanorouter/test/guest/cgroup.procs"));
        assertThat(text(cpu.resolve("nanorouter/test/guest/cpu.shares"))).isEqualTo("10");
        assertThat(group.report(PID).get("memory_limit")).asString().startsWith("not enforced: ")
                .endsWith(": " + memory.resolve("nanorouter/test/guest/memory.limit_in_bytes"));
    }

    @Test
    void aPlaceThatIsTakenIsAReason() throws Exception {
        Path memory = v1(4, "memory");
        Files.writeString(memory.resolve("nanorouter"), "");
        ControlGroup group = open().of(os("memory_limit = \"32 MiB\""));
        assertThat(group.prepare()).isEmpty();
        assertThat(group.report(PID)).containsOnlyKeys("memory_limit").allSatisfy((key, value) ->
                assertThat(value).asString().startsWith("not enforced: ").contains(memory.toString()));
    }

    @Test
    void whereNothingIsMountedNothingIsEnforcedAndNothingFails() throws Exception {
        ControlGroups groups = open();
        ControlGroup group = groups.of(limited());
        assertThat(group.prepare()).isEmpty();
        assertThat(group.report(0)).hasSize(3).containsEntry("memory_limit",
                "not enforced: the control group of the nanokernel has no controller 'memory'");
        group.remove();
        groups.close();
    }

    @Test
    void withoutLimitsThereIsNoGroup() throws Exception {
        Path ours = v2("cpu memory cpuset");
        ControlGroups groups = ControlGroups.open(mounts(), "test", false, false);
        ControlGroup group = groups.of(os());
        assertThat(group.prepare()).isEmpty();
        assertThat(group.report(PID)).isEmpty();
        assertThat(ours.resolve("nanorouter")).doesNotExist();
        assertThat(text(ours.resolve("cgroup.procs"))).isEqualTo(OWN_PID);
    }

    @Test
    void theGroupEndsWithTheOsAndTheRestWithTheNanokernel() throws Exception {
        Path memory = v1(4, "memory");
        ControlGroups groups = open();
        ControlGroup group = groups.of(os("memory_limit = \"32 MiB\""));
        group.prepare();
        group.remove();
        assertThat(memory.resolve("nanorouter/test/guest")).doesNotExist();
        assertThat(group.report(PID)).containsEntry("memory_limit", "not enforced: the OS does not run");
        group.prepare();
        groups.close();
        assertThat(memory.resolve("nanorouter")).doesNotExist();
    }

    @Test
    void leftoversOfTheInstanceAreRemovedAndThoseOfOthersStay() throws Exception {
        Path program = v1(4, "memory").resolve("nanorouter");
        Files.createDirectories(program.resolve("test/gone"));
        Files.createDirectories(program.resolve("other/lives"));
        ControlGroups.open(mounts(), "test", false, false);
        assertThat(program.resolve("test")).doesNotExist();
        assertThat(program.resolve("other/lives")).exists();
    }

    @Test
    void aGroupOutsideTheMountIsNotReached() throws Exception {
        mounted("4:memory:/../elsewhere", "cgroup", "memory", "memory");
        assertThat(open().of(os("memory_limit = \"32 MiB\"")).prepare()).isEmpty();
    }
}
