// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.shim.Errno;

/** Each check, made to find something wrong, gives advice that mends just that. */
class DoctorTest {
    private static final int ORDINARY = 1000;

    @TempDir
    private Path root;
    private HealthyMachine here;

    @BeforeEach
    void makeMachine() throws IOException {
        here = new HealthyMachine(root);
    }

    private Finding find(String group, String name) {
        return find(Doctor.examine(here.surroundings()), group, name);
    }

    private static Finding find(List<Finding> findings, String group, String name) {
        return findings.stream().filter(each -> each.group().equals(group) && each.name().equals(name)).findFirst()
                .orElseThrow(() -> new AssertionError(group + ", " + name + " is not among " + findings));
    }

    private void assertFinds(String group, String name, Verdict verdict, String found, String command) {
        List<Finding> all = Doctor.examine(here.surroundings());
        Finding finding = find(all, group, name);
        assertThat(finding.verdict()).as(finding.toString()).isEqualTo(verdict);
        assertThat(finding.found()).contains(found).doesNotContain("\n");
        assertThat(finding.advice()).isNotEmpty().doesNotContain("\n");
        assertThat(finding.commands()).anySatisfy(each -> assertThat(each).contains(command));
        assertThat(all).as("nothing else is wrong").filteredOn(each ->
                each.verdict() == Verdict.FAIL || each.verdict() == Verdict.WARN).hasSize(1);
    }

    @Test
    void whereAllIsWellNothingIsAdvised() {
        assertThat(Doctor.examine(here.surroundings())).isNotEmpty().allSatisfy(each -> {
            assertThat(each.verdict()).as(each.toString()).isIn(Verdict.OK, Verdict.SKIPPED);
            assertThat(each.advice()).isEmpty();
            assertThat(each.commands()).isEmpty();
        });
    }

    @Test
    void anEmptyMachineMakesNoCheckThrow() throws IOException {
        Surroundings nothing = new Surroundings(root.resolve("none"), root.resolve("none"), root.resolve("none"), null,
                null, ORDINARY, Map.of(), null, Probe.none("none"), Probe.none("none"),
                paths -> Probe.none("none"), List.of());
        assertThat(Doctor.examine(nothing)).anySatisfy(each -> assertThat(each.verdict()).isEqualTo(Verdict.FAIL));
    }

    @Test
    void tunThatIsMissingForbiddenOrNotInTheKernelFails() throws IOException {
        here.machine.put("tun_open", -Errno.EACCES);
        assertFinds("tap", "device", Verdict.FAIL, "may not be opened", "chmod 666 /dev/net/tun");
        here.machine.put("tun_open", -Errno.ENODEV);
        assertFinds("tap", "device", Verdict.FAIL, "ENODEV", "modprobe tun");
        here.machine.put("tun_open", 0);
        here.remove("dev/net/tun");
        assertFinds("tap", "device", Verdict.FAIL, "missing", "modprobe tun");
    }

    @Test
    void tapThatCannotBeMadeFailsAndOneWithoutOffloadsWarns() {
        here.cell.put("offloads", 0x0f);
        assertFinds("tap", "offloads", Verdict.WARN, "USO", "uname -r");
        here.cell.put("offloads", 0);
        assertFinds("tap", "offloads", Verdict.WARN, "checksums, TSO, USO", "uname -r");
        here.cell.put("tap", -Errno.EPERM);
        assertFinds("tap", "tap", Verdict.FAIL, "EPERM", "modprobe tun");
    }

    @Test
    void namespacesThatAreMissingOrSwitchedOffFail() throws IOException {
        here.write("proc/sys/user/max_net_namespaces", "0");
        assertFinds("namespaces", "limits", Verdict.FAIL, "net", "sysctl user.max_net_namespaces=10000");
        here.write("proc/sys/user/max_net_namespaces", "9");
        here.remove("proc/self/ns/user");
        assertFinds("namespaces", "kinds", Verdict.FAIL, "user", "grep _NS=");
    }

    @Test
    void switchesAgainstOrdinaryUsersFailForThemAndWarnForRoot() throws IOException {
        here.write("proc/sys/kernel/unprivileged_userns_clone", "0");
        assertFinds("namespaces", "rootless", Verdict.WARN, "root alone", "sysctl kernel.unprivileged_userns_clone=1");
        here.uid = ORDINARY;
        assertFinds("namespaces", "rootless", Verdict.FAIL, "root alone",
                "sudo sysctl kernel.unprivileged_userns_clone=1");
        here.write("proc/sys/kernel/unprivileged_userns_clone", "1");
        here.write("proc/sys/kernel/apparmor_restrict_unprivileged_userns", "1");
        assertFinds("namespaces", "rootless", Verdict.FAIL, "AppArmor",
                "sysctl kernel.apparmor_restrict_unprivileged_userns=0");
    }

    @Test
    void cellThatCannotBeMadeFailsWithWhatNkCellAdvises() {
        here.cellFailure = "nk-cell: doctor: switched off here; as root: sysctl user.max_user_namespaces=10000";
        assertFinds("namespaces", "cell", Verdict.FAIL, "switched off", "sysctl user.max_user_namespaces=10000");
    }

    @Test
    void rootWithoutCapabilitiesIsToldWhichToAdd() throws IOException {
        here.write("proc/self/status", "CapEff:\t000001ffffffefff\n");
        assertFinds("privileges", "capabilities", Verdict.WARN, "NET_ADMIN", "--cap-add NET_ADMIN");
    }

    @Test
    void realTimeThatIsRefusedWarnsByWhoAsks() {
        here.machine.put("real_time", -Errno.EPERM);
        assertFinds("privileges", "real time", Verdict.WARN, "950000", "sysctl kernel.sched_rt_runtime_us=-1");
        here.uid = ORDINARY;
        assertFinds("privileges", "real time", Verdict.WARN, "not allowed", "sudo nanorouter kernel");
    }

    @Test
    void kernelWithoutPidfdOrMemfdFailsAndWithoutComfortWarns() {
        here.machine.put("futex_waitv", -Errno.ENOSYS);
        assertFinds("kernel", "futex_waitv", Verdict.WARN, "ENOSYS", "uname -r");
        here.machine.put("futex_waitv", 0);
        here.machine.put("io_uring", -Errno.EPERM);
        assertFinds("kernel", "io_uring", Verdict.WARN, "EPERM", "uname -r");
        here.machine.put("io_uring", 0);
        here.cell.put("end_session", -Errno.EOPNOTSUPP);
        assertFinds("kernel", "INET_DIAG_DESTROY", Verdict.WARN, "EOPNOTSUPP", "uname -r");
        here.cell.put("end_session", 0);
        here.machine.put("pidfd", -Errno.ENOSYS);
        assertFinds("kernel", "pidfd", Verdict.FAIL, "ENOSYS", "uname -r");
        here.machine.put("pidfd", 0);
        here.machine.put("sealed_memory", -Errno.EPERM);
        assertFinds("kernel", "memfd", Verdict.FAIL, "EPERM", "/proc/self/fd");
    }

    @Test
    void coresThatGoNowhereWarn() throws IOException {
        here.write("proc/sys/kernel/core_pattern", "|/usr/lib/apport %p");
        assertFinds("kernel", "core dumps", Verdict.WARN, "/usr/lib/apport", "sysctl kernel.core_pattern=core");
        here.executable("usr/lib/apport");
        assertThat(find("kernel", "core dumps").verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void javaThatIsTooOldFailsAndOneThatNobodyTriedWarns() {
        here.java.put("java.specification.version", "99");
        assertFinds("programs", "java", Verdict.WARN, "Java 17.0.1", "apt-get install");
        here.java.put("java.specification.version", "21");
        here.java.put("java.vm.name", "Eclipse OpenJ9 VM");
        assertFinds("programs", "java", Verdict.WARN, "OpenJ9", "apt-get install");
        here.java.put("java.specification.version", "1.8");
        assertFinds("programs", "java", Verdict.FAIL, "Java", "apt-get install");
    }

    @Test
    void partsThatAreMissingAreNamed() throws IOException {
        here.remove("opt/cds/17.0.1+1.jsa");
        assertFinds("programs", "quick start", Verdict.WARN, "no class data archive", "libexec/archive");
        here.write("opt/cds/17.0.1+1.jsa", "");
        here.remove("opt/native/nk-agent");
        assertFinds("programs", "native parts", Verdict.FAIL, "nk-agent", "./nanorouter");
        here.executable("opt/native/nk-agent");
        here.remove("usr/lib/libpcap.so.1.10.3");
        assertFinds("programs", "libpcap", Verdict.WARN, "not found", "apt-get install -y libpcap0.8");
        here.write("usr/lib/libpcap.so.1.10.3", "");
        here.remove("usr/bin/nsenter");
        assertFinds("programs", "nsenter", Verdict.WARN, "not found", "apt-get install -y util-linux");
        here.executable("usr/bin/nsenter");
        assertThat(find("programs", "libpcap").found()).contains("libpcap.so.1.10.3, version 1.10.3");
    }

    @Test
    void switchesOfTheIpStackThatDropFramesWarn() throws IOException {
        here.write("proc/sys/net/ipv4/conf/all/rp_filter", "1");
        here.write("proc/sys/net/ipv4/conf/default/rp_filter", "0");
        assertFinds("network", "rp_filter", Verdict.WARN, "strict", "sysctl net.ipv4.conf.all.rp_filter=2");
        here.write("proc/sys/net/ipv4/conf/all/rp_filter", "0");
        here.write("proc/sys/net/bridge/bridge-nf-call-iptables", "1");
        assertThat(find("network", "bridge-nf-call").verdict()).isEqualTo(Verdict.OK);
        here.write("sys/class/net/tap7/tun_flags", "");
        here.write("sys/class/net/tap7/brport/state", "");
        assertFinds("network", "bridge-nf-call", Verdict.WARN, "tap7", "bridge-nf-call-iptables=0");
    }

    @Test
    void littleMemoryWarnsAndAFullDiskFails() throws IOException {
        here.write("proc/meminfo", "MemAvailable: 1000 kB\n");
        assertFinds("resources", "memory", Verdict.WARN, "0 MiB", "free -m");
        here.write("proc/meminfo", "MemAvailable: 8000000 kB\n");
        here.freeInodes = 3;
        assertThat(List.of("run directory", "shared memory", "temporary files")).allSatisfy(name -> {
            assertThat(find("resources", name).verdict()).isEqualTo(Verdict.FAIL);
            assertThat(find("resources", name).commands()).first().asString().startsWith("df -i ");
        });
        here.freeInodes = -1;
        here.freeBytes = 1 << 20;
        assertThat(find("resources", "run directory").verdict()).isEqualTo(Verdict.WARN);
        here.freeBytes = 0;
        assertThat(find("resources", "run directory").commands()).first().asString().startsWith("df -h ");
        assertThat(find("resources", "run directory").verdict()).isEqualTo(Verdict.FAIL);
    }

    @Test
    void fewOpenFilesWarnAndVeryFewFail() throws IOException {
        here.write("proc/self/limits", "Max open files            1024       4096     files\n");
        assertFinds("resources", "open files", Verdict.WARN, "4096", "ulimit -n 16384");
        here.write("proc/self/limits", "Max open files            100       256     files\n");
        assertFinds("resources", "open files", Verdict.FAIL, "256", "ulimit -n 16384");
        here.write("proc/self/limits", "Max open files            100       unlimited     files\n");
        assertThat(find("resources", "open files").verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void slowClockWarns() throws IOException {
        here.write("sys/devices/system/clocksource/clocksource0/current_clocksource", "hpet\n");
        assertFinds("clock", "source", Verdict.WARN, "hpet, though there is a tsc", "dmesg");
        here.write("sys/devices/system/clocksource/clocksource0/available_clocksource", "hpet\n");
        assertFinds("clock", "source", Verdict.WARN, "hpet", "available_clocksource");
    }

    private void runs(double uptimeS, long pid, String version) throws IOException {
        Path socket = here.write("kernel.sock", "");
        Files.setLastModifiedTime(socket, FileTime.fromMillis(1_000_000));
        here.running.add(new RunningInstance("demo", socket, uptimeS,
                List.of(new RunningInstance.Daemon("the nanokernel", pid, version)),
                List.of(new RunningInstance.Os("host", 11, List.of("nk0")),
                        new RunningInstance.Os("guest", 12, List.of()))));
        for (int os : new int[] {11, 12}) {
            here.write("proc/" + os + "/root/sys/class/net/nk0/mtu", "1500\n");
            here.write("proc/" + os + "/root/sys/class/net/nk0/tun_flags", "0x1\n");
        }
        here.write("proc/11/root/sys/class/net/eth0/mtu", "9000\n");
    }

    @Test
    void wallClockThatStepsWarns() throws IOException {
        runs(50, 0, HealthyMachine.VERSION);
        here.machine.put("wall_s", 1_051);
        assertThat(find("clock", "steps of demo").verdict()).isEqualTo(Verdict.OK);
        here.machine.put("wall_s", 4_650);
        assertFinds("clock", "steps of demo", Verdict.WARN, "3600 s ahead", "timedatectl");
    }

    @Test
    void daemonsOfAnotherVersionOrFileWarn() throws IOException {
        runs(50, 7, "0.9");
        here.machine.put("wall_s", 1_050);
        assertFinds("running", "versions of demo", Verdict.WARN, "version 0.9", "nanorouter os list -I demo");
        here.running.clear();
        runs(50, 7, HealthyMachine.VERSION);
        Files.createSymbolicLink(Files.createDirectories(root.resolve("proc/7")).resolve("exe"), Path.of("/bin/java"));
        here.write("proc/7/maps", "7f00 r-xp 00 00:1 5 /opt/native/libnkshim.so (deleted)\n");
        assertFinds("running", "versions of demo", Verdict.WARN, "replaced", "nanorouter os list");
    }

    @Test
    void mtusThatDifferWarnAndOneAboveTheRingFails() throws IOException {
        runs(50, 0, null);
        here.machine.put("wall_s", 1_050);
        assertThat(find("running", "MTU of demo").found()).startsWith("1500: host:nk0 guest:nk0");
        here.write("proc/12/root/sys/class/net/nk0/mtu", "9000\n");
        assertFinds("running", "MTU of demo", Verdict.WARN, "9000: guest:nk0",
                "exec guest -- ip link set dev nk0 mtu 1500");
        here.write("proc/12/root/sys/class/net/nk0/mtu", "65575\n");
        assertFinds("running", "MTU of demo", Verdict.FAIL, "65575", "exec guest -- ip link set dev nk0 mtu 65570");
    }

    @Test
    void limitsThatCannotBeEnforcedWarn() throws IOException {
        here.write("cgroup/own/cgroup.procs", "1\n");
        assertFinds("limits", "control groups", Verdict.WARN, "other processes", "systemd-run --scope -p Delegate=yes");
        here.write("proc/self/cgroup", "");
        assertFinds("limits", "control groups", Verdict.WARN, "memory (", "systemd-run --scope");
    }

    @Test
    void filesAndProcessesOfADeadNanokernelAreNamed() throws IOException {
        here.write("run/demo/os/host/token", "");
        assertFinds("leftovers", "files of demo", Verdict.WARN, "no nanokernel", "rm -r " + root.resolve("run/demo"));
        here.write("run/demo/cells", "init 77 123\ncell 78 5\n");
        here.write("proc/77/stat", "77 (a) b) S" + " 0".repeat(18) + " 123 0 0\n");
        here.write("proc/78/stat", "78 (a) S" + " 0".repeat(18) + " 6 0 0\n");
        assertFinds("leftovers", "processes of demo", Verdict.WARN, "still run: 77", "kill 77");
    }

    @Test
    void routerThatWasKilledInALivingInstanceIsNamed() throws IOException {
        here.write("run/demo/os/host/token", "");
        try (ServerSocketChannel kernel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            kernel.bind(UnixDomainSocketAddress.of(root.resolve("run/demo/kernel.sock")));
            assertThat(find("leftovers", "run directories").verdict()).isEqualTo(Verdict.OK);
            here.write("run/demo/os/host/router.sock", "");
            assertFinds("leftovers", "router of demo/host", Verdict.WARN, "no router listens",
                    "nanorouter run --standby");
        }
    }

    @Test
    void claimOfAProcessThatIsGoneWarns() throws IOException {
        Path claim = here.write("claims/net-4026531840-eth1", "OS guest");
        assertFinds("leftovers", "claims", Verdict.WARN, "net-4026531840-eth1", "rm net-4026531840-eth1");
        here.write("proc/locks", "1: FLOCK  ADVISORY  WRITE 9 00:1:" + Files.getAttribute(claim, "unix:ino")
                + " 0 EOF\n");
        assertThat(find("leftovers", "claims").verdict()).isEqualTo(Verdict.OK);
    }

    @Test
    void probesThatAreMissingSkipWhatTheyWouldHaveTried() {
        here.machineFailure = "nk-probe is not there";
        here.cellFailure = "nk-cell and nk-probe are not there";
        assertThat(Doctor.examine(here.surroundings()))
                .noneSatisfy(each -> assertThat(each.verdict()).isIn(Verdict.WARN, Verdict.FAIL))
                .filteredOn(each -> each.verdict() == Verdict.SKIPPED).hasSizeGreaterThan(5);
    }
}
