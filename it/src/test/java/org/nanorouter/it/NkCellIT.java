// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** The cells that nk-cell makes, for root and for an ordinary user. */
@Tag("once")
class NkCellIT {
    private static final int UID_BASE = 400_000;
    private static final AtomicInteger COUNT = new AtomicInteger();

    private Path directory;
    private final List<Process> processes = new ArrayList<>();

    /** Who makes the cell. */
    enum Maker { ROOT, ORDINARY_USER }

    @BeforeEach
    void makeDirectory() throws IOException {
        directory = Files.createTempDirectory("nk-cell-it-");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxr-xr-x"));
        // An ordinary user may not reach the build.
        Files.copy(Path.of(System.getProperty("nanorouter.native"), "nk-cell"), directory.resolve("nk-cell"));
        Files.setPosixFilePermissions(directory.resolve("nk-cell"), PosixFilePermissions.fromString("rwxr-xr-x"));
    }

    @AfterEach
    void removeDirectory() throws Exception {
        for (Process process : processes) {
            process.destroyForcibly().waitFor();
        }
        try (Stream<Path> files = Files.walk(directory)) {
            files.sorted(Comparator.reverseOrder()).forEach(file -> file.toFile().delete());
        }
    }

    @Test
    void aControlGroupThatCannotBeEnteredIsALineAndNoFailure() {
        String program = directory.resolve("nk-cell").toString();
        Command bare = Command.run(program, "--bare", "--name", "x", "--cgroup", "/nonexistent/cgroup.procs", "--",
                "sh", "-c", "echo it runs; exit 7");
        assertThat(bare.out()).isEqualTo("it runs\n");
        assertThat(bare.err()).isEqualTo("nk-cell: x: cannot enter the control group of /nonexistent/cgroup.procs: "
                + "No such file or directory\n");
        assertThat(bare.status()).isEqualTo(7);
        assertThat(Command.run(program, "--bare", "--name", "x", "--", "/nonexistent").status()).isEqualTo(127);
        assertThat(Command.run(program, "--bare", "--name", "x").status()).isEqualTo(64);
    }

    private Path osDirectory() {
        return directory.resolve("os");
    }

    private Process start(Maker maker, List<String> options, String script) throws IOException {
        return start(maker, options, List.of("sh", "-c", script));
    }

    /** A cell without an init command. */
    private Process startServices(Maker maker, List<String> first, List<String> second) throws IOException {
        List<String> options = new ArrayList<>(first);
        options.addAll(second);
        return start(maker, options, List.of());
    }

    private Process start(Maker maker, List<String> options, List<String> init) throws IOException {
        boolean root = maker == Maker.ROOT;
        if (root) {
            Privilege.requireRoot();
        }
        List<String> command = new ArrayList<>();
        if (!Files.exists(osDirectory())) {
            Files.createDirectory(osDirectory());
        }
        if (Privilege.isRoot()) {
            Files.setAttribute(osDirectory(), "unix:uid", root ? UID_BASE : 65_534);
            command.addAll(root ? List.of() : Privilege.asOrdinaryUser());
        }
        command.addAll(List.of(directory.resolve("nk-cell").toString(), "--name", "a", "--dir",
                osDirectory().toString(), "--no-tun"));
        command.addAll(root ? List.of("--uid-base", String.valueOf(UID_BASE)) : List.of());
        command.addAll(options);
        command.add("--");
        command.addAll(init);
        return start(command);
    }

    private Process start(List<String> command) throws IOException {
        Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        processes.add(process);
        return process;
    }

    /** Unlike the process's own method, this leaves its output open. */
    private static void terminate(Process process) {
        process.toHandle().destroy();
    }

    /** The output, without the line that names process 1. */
    private static String output(Process process) throws IOException, InterruptedException {
        String output = new String(process.getInputStream().readAllBytes());
        assertThat(process.waitFor(20, SECONDS)).isTrue();
        return output.replaceFirst("^pid [0-9]+\n", "");
    }

    private String run(Maker maker, String script) throws Exception {
        Process process = start(maker, List.of(), script);
        String output = output(process);
        assertThat(process.exitValue()).as(output).isZero();
        return output;
    }

    /** A time to sleep that no other process has on its command line. */
    private static String uniqueTime() {
        return ProcessHandle.current().pid() + "." + COUNT.incrementAndGet() + "77";
    }

    private static List<Long> sleepers(String time) {
        return ProcessHandle.allProcesses()
                .filter(process -> process.info().commandLine().orElse("").endsWith("sleep " + time))
                .map(ProcessHandle::pid).toList();
    }

    private static boolean anybodySleeps(String time) {
        return !sleepers(time).isEmpty();
    }

    private static void end(long pid) {
        ProcessHandle.of(pid).ifPresent(ProcessHandle::destroyForcibly);
    }

    @ParameterizedTest
    @EnumSource
    void statusOfTheInitCommandIsTheStatusOfTheCell(Maker maker) throws Exception {
        Process ended = start(maker, List.of(), "exit 7");
        assertThat(output(ended)).isEmpty();
        assertThat(ended.exitValue()).isEqualTo(7);
        Process killed = start(maker, List.of(), "kill -KILL $$");
        output(killed);
        assertThat(killed.exitValue()).isEqualTo(128 + 9);
        assertThat(osDirectory().resolve("init.pid")).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource
    void everythingInTheCellDiesWithItsInit(Maker maker) throws Exception {
        String time = uniqueTime();
        output(start(maker, List.of(), "sleep " + time + " & setsid sleep " + time + " & exit 0"));
        await().until(() -> !anybodySleeps(time));
    }

    @ParameterizedTest
    @EnumSource
    void killedWatcherTakesTheCellAlong(Maker maker) throws Exception {
        String time = uniqueTime();
        Process cell = start(maker, List.of(), "exec sleep " + time);
        await().until(() -> anybodySleeps(time));
        cell.destroyForcibly();
        await().until(() -> !anybodySleeps(time));
    }

    @ParameterizedTest
    @EnumSource
    void endOfTheLifelineEndsTheCellInOrder(Maker maker) throws Exception {
        Process cell = start(maker, List.of("--lifeline"),
                "trap 'echo in order; exit 3' TERM; touch $NK_RUN/up; while :; do sleep 0.05; done");
        await().until(() -> Files.exists(osDirectory().resolve("up")));
        cell.getOutputStream().close();
        assertThat(output(cell)).isEqualTo("in order\n");
        assertThat(cell.exitValue()).isEqualTo(3);
    }

    @ParameterizedTest
    @EnumSource
    void terminationIsForwardedToTheInitCommand(Maker maker) throws Exception {
        Process cell = start(maker, List.of(),
                "trap 'exit 4' TERM; touch $NK_RUN/up; while :; do sleep 0.05; done");
        await().until(() -> Files.exists(osDirectory().resolve("up")));
        cell.destroy();
        assertThat(cell.waitFor(20, SECONDS)).isTrue();
        assertThat(cell.exitValue()).isEqualTo(4);
    }

    @ParameterizedTest
    @EnumSource
    void aServiceThatEndsIsStartedAnewAndItsPausesGrow(Maker maker) throws Exception {
        // The fourth start comes after the first pause, the sixth after 100 + 200 + 400 ms.
        Process cell = start(maker, service("date +%s%N >> $NK_RUN/starts"), "tail -f /dev/null");
        Path starts = osDirectory().resolve("starts");
        await().until(() -> Files.exists(starts) && Files.readAllLines(starts).size() >= 5);
        List<Long> times = Files.readAllLines(starts).stream().map(Long::parseLong).toList();
        assertThat(times.get(1) - times.get(0)).as("the first time at once").isLessThan(times.get(4) - times.get(2));
        assertThat(times.get(2) - times.get(1)).isGreaterThan(90_000_000L);
        assertThat(times.get(3) - times.get(2)).isGreaterThan(190_000_000L);
        assertThat(times.get(4) - times.get(3)).isGreaterThan(390_000_000L);
        terminate(cell);
        assertThat(output(cell)).contains("nk-cell: a: service 1 (sh, process ", "ended with 0 after 0.",
                "to be started again");
    }

    @ParameterizedTest
    @EnumSource
    void aCellOfServicesAloneLivesUntilItIsToldToEnd(Maker maker) throws Exception {
        String time = uniqueTime();
        Process cell = startServices(maker, service("trap 'echo in order; exit 0' TERM; echo $$ > $NK_RUN/up; "
                + "while :; do sleep 0.05; done"), service("exec sleep " + time));
        Path up = osDirectory().resolve("up");
        await().until(() -> Files.exists(up) && !Files.readString(up).isBlank() && anybodySleeps(time));
        sleepers(time).forEach(NkCellIT::end);
        await().until(() -> anybodySleeps(time));
        assertThat(cell.isAlive()).isTrue();
        terminate(cell);
        assertThat(output(cell)).contains("in order\n", "was ended by signal 9");
        assertThat(cell.exitValue()).isZero();
        assertThat(anybodySleeps(time)).isFalse();
    }

    /** Its start would take from those whose frames the other one moves. */
    @ParameterizedTest
    @EnumSource
    void aServiceThatIsStartedBesideItsTwinStepsBackUntilThatEnds(Maker maker) throws Exception {
        Privilege.requireNode("/proc/self/autogroup");
        String time = uniqueTime();
        Process cell = startServices(maker, service("exec sleep " + time), service("exec sleep " + time));
        for (int death = 0; death < 3; death++) {
            await().until(() -> weights(time).equals(List.of(" nice 0", " nice 10")));
            end(sleepers(time).stream().filter(pid -> weight(pid).equals(" nice 0")).findFirst().orElseThrow());
        }
        await().until(() -> weights(time).equals(List.of(" nice 0", " nice 10")));
        await("not for ever").until(() -> weights(time).equals(List.of(" nice 0", " nice 0")));
        terminate(cell);
        output(cell);
    }

    private static List<String> weights(String time) {
        return sleepers(time).stream().map(NkCellIT::weight).sorted().toList();
    }

    /** Of the process's session; empty if the process has ended. */
    private static String weight(long pid) {
        try {
            return Files.readString(Path.of("/proc", Long.toString(pid), "autogroup")).strip()
                    .replaceFirst("^[^ ]+", "");
        } catch (IOException e) {
            return "";
        }
    }

    @ParameterizedTest
    @EnumSource
    void servicesEndWithTheInitCommand(Maker maker) throws Exception {
        String time = uniqueTime();
        Process cell = start(maker, service("exec sleep " + time), "sleep 0.3; exit 5");
        output(cell);
        assertThat(cell.exitValue()).isEqualTo(5);
        await().until(() -> !anybodySleeps(time));
    }

    /** The kernel lets process 1 go only when that has happened, which may be never. */
    @ParameterizedTest
    @EnumSource
    void theCellEndsThoughWhatEnteredItIsNotReapedByItsParent(Maker maker) throws Exception {
        Process cell = start(maker, List.of(), "trap 'exit 4' TERM; touch $NK_RUN/up; while :; do sleep 0.05; done");
        await().until(() -> Files.exists(osDirectory().resolve("up")));
        String init = Files.readString(osDirectory().resolve("init.pid")).trim();
        Process entered = start(List.of("nsenter", "-t", init, "-U", "-p", "--preserve-credentials", "sleep", "300"));
        await().until(() -> entered.children()
                .anyMatch(child -> child.info().command().orElse("").endsWith("sleep")));
        assertThat(Command.run("kill", "-STOP", Long.toString(entered.pid())).status()).isZero();
        terminate(cell);
        assertThat(cell.waitFor(20, SECONDS)).isTrue();
        assertThat(output(cell)).contains("nk-cell: a: process 1 has ended");
        assertThat(cell.exitValue()).isEqualTo(4);
        assertThat(entered.isAlive()).isTrue();
    }

    private static List<String> service(String script) {
        return List.of("--service", "3", "sh", "-c", script);
    }

    @ParameterizedTest
    @EnumSource
    void filesOfTheMachineCannotBeChanged(Maker maker) throws Exception {
        String output = run(maker, "for d in / /etc /usr /var /sys; do touch $d/x 2>&1; done; "
                + "mount -o remount,rw / 2>&1; umount /tmp 2>&1; touch /etc/x 2>&1; true");
        assertThat(output.lines()).hasSizeGreaterThanOrEqualTo(8)
                .filteredOn(line -> line.startsWith("touch"))
                .hasSize(6)
                .allSatisfy(line -> assertThat(line).matches(".*(Read-only file system|Permission denied)"));
        assertThat(Path.of("/etc/x")).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource
    void runDirectoryIsSharedAndTheRestIsFresh(Maker maker) throws Exception {
        String output = run(maker, "echo hello > $NK_RUN/file; touch /run/x /home/x /root/x /dev/shm/x /var/tmp/x; "
                + "ls -A /home /root; find /tmp -mindepth 1 -maxdepth 1");
        assertThat(output).contains("/home:\nx\n", "/root:\nx\n")
                .contains(directory.toString()).doesNotContain("hsperfdata");
        assertThat(osDirectory().resolve("file")).hasContent("hello\n".strip());
        assertThat(Path.of("/run/x")).doesNotExist();
    }

    @ParameterizedTest
    @EnumSource
    void cellHasSpacesOfItsOwn(Maker maker) throws Exception {
        String output = run(maker, "uname -n; ls /sys/class/net; cat /sys/class/net/lo/flags; "
                + "id -u; echo $$; echo $NK_OS $NK_RUN; script -qec tty /dev/null; ls /dev/fd/0");
        assertThat(output.lines()).startsWith("a", "lo", "0x9")
                .contains("0", "2", "a " + osDirectory(), "/dev/pts/0", "/dev/fd/0");
    }

    @Test
    void uidsOfTheCellAreThoseOfItsRange() throws Exception {
        run(Maker.ROOT, "touch $NK_RUN/root; touch $NK_RUN/user; chown 1000:1000 $NK_RUN/user");
        assertThat(Files.getAttribute(osDirectory().resolve("root"), "unix:uid")).isEqualTo(UID_BASE);
        assertThat(Files.getAttribute(osDirectory().resolve("user"), "unix:gid")).isEqualTo(UID_BASE + 1000);
    }

    @ParameterizedTest
    @EnumSource
    void bindsReplaceFilesOfTheCellAlone(Maker maker) throws Exception {
        Path hosts = Files.writeString(directory.resolve("hosts"), "mine");
        Files.setPosixFilePermissions(hosts, PosixFilePermissions.fromString("rw-rw-rw-"));
        Path folder = Files.createDirectories(directory.resolve("folder/below"));
        Process cell = start(maker, List.of("--bind", hosts + ":/etc/hosts:ro", "--bind", hosts + ":/root/new",
                "--bind", folder.getParent() + ":/run/some/where:ro", "--setenv", "COLOUR=red"),
                "cat /etc/hosts; ls /run/some/where; echo more >> /etc/hosts; echo ' too' >> /root/new; echo $COLOUR");
        assertThat(output(cell)).startsWith("minebelow\n")
                .contains("cannot create /etc/hosts: Read-only").endsWith("red\n");
        assertThat(hosts).hasContent("mine too");
    }

    @ParameterizedTest
    @EnumSource
    void tapCanBeMade(Maker maker) throws Exception {
        Privilege.requireTun();
        assertThat(run(maker, "ip tuntap add nk0 mode tap vnet_hdr && ip link set nk0 up && ls /sys/class/net"))
                .isEqualTo("lo\nnk0\n");
    }

    @Test
    void mistakesOnTheCommandLineHaveTheirExitCodes() throws Exception {
        String program = directory.resolve("nk-cell").toString();
        String place = Files.createDirectory(osDirectory()).toString();
        assertRefused(64, "usage:", program, "--name", "a");
        assertRefused(64, "--bind x: expected", program, "--name", "a", "--dir", place, "--bind", "x", "--", "true");
        assertRefused(64, "--service 3: expected the number", program, "--name", "a", "--dir", place, "--service", "3",
                "true", "--");
        assertRefused(64, "--service x: expected", program, "--name", "a", "--dir", place, "--service", "x", "true");
        assertRefused(64, "--claim x: expected FILE:DEVICE", program, "--name", "a", "--claim", "x");
        assertRefused(64, "--claim needs --registry", program, "--name", "a", "--dir", place, "--claim", "x:y", "--",
                "true");
        assertRefused(64, "--device /etc/x: expected a path below /dev", program, "--name", "a", "--device", "/etc/x");
        assertRefused(69, "device /dev/nowhere: No such file", program, "--name", "a", "--dir", place, "--device",
                "/dev/nowhere", "--", "true");
        assertRefused(64, "--uid-base 1: expected", program, "--name", "a", "--uid-base", "1");
        assertRefused(78, "/nowhere", program, "--name", "a", "--dir", "/nowhere", "--", "true");
        assertRefused(73, "/nowhere/log", program, "--name", "a", "--dir", place, "--log", "/nowhere/log",
                "--", "true");
        assertRefused(78, "cannot bind /nowhere", program, "--name", "a", "--dir", place, "--bind", "/nowhere:/run/x",
                "--", "true");
        assertRefused(78, "cannot bind /etc on /usr/nowhere", program, "--name", "a", "--dir", place,
                "--bind", "/etc:/usr/nowhere", "--", "true");
        assertRefused(127, "cannot run /nowhere", program, "--name", "a", "--dir", place, "--no-tun", "--", "/nowhere");
        assertThat(osDirectory()).isEmptyDirectory();
    }

    @Test
    void whatTheKernelForbidsIsSaidWithTheRemedy() throws Exception {
        Privilege.requireRoot();
        String program = directory.resolve("nk-cell").toString();
        String place = Files.createDirectory(osDirectory()).toString();
        Files.setAttribute(osDirectory(), "unix:uid", 65_534);
        String cell = String.join(" ", Privilege.AS_NOBODY) + " " + program + " --name a --dir " + place;
        assertRefused(69, "max_user_namespaces", "unshare", "-U", "-r", "sh", "-c",
                "echo 0 > /proc/sys/user/max_user_namespaces; exec " + program + " --name a --dir / -- true");
        assertRefused(69, "modprobe tun", "unshare", "-m", "sh", "-c",
                "mount -t tmpfs none /dev/net; exec " + cell + " -- true");
        assertRefused(69, "chmod 0666 /dev/net/tun", "unshare", "-m", "sh", "-c",
                "mount -t tmpfs none /dev/net; mknod -m 600 /dev/net/tun c 10 200; exec " + cell + " -- true");
        assertRefused(77, "interface lo cannot be given to a cell: only root may", "sh", "-c", "exec " + cell
                + " --no-tun --interface lo -- true");
        assertRefused(77, "--uid-base needs root", "sh", "-c", "exec " + cell + " --uid-base 100000 -- true");
        assertThat(osDirectory()).isEmptyDirectory();
    }

    private void assertRefused(int status, String message, String... command) throws Exception {
        Process process = start(List.of(command));
        String output = output(process);
        assertThat(output).contains("nk-cell: ", message).hasLineCount(1);
        assertThat(process.exitValue()).as(output).isEqualTo(status);
    }
}
