// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** A directory tree and answers in which every check is content; a test spoils one thing. */
final class HealthyMachine {
    static final String VERSION = "1.0";
    private static final long PLENTY = 1L << 40;

    final Path root;
    final Map<String, Object> machine = new HashMap<>(Map.of("tun_open", 0, "sealed_memory", 0, "pidfd", 0,
            "futex_waitv", 0, "io_uring", 0, "nice", 0, "real_time", 0, "clock_state", 0, "wall_s", 0));
    final Map<String, Object> cell = new HashMap<>(Map.of("tap", 0, "offloads", 0x6f, "end_session", 0));
    final Map<String, String> java = new HashMap<>(Map.of("java.version", "17.0.1", "java.vendor", "V",
            "java.vm.name", "OpenJDK 64-Bit Server VM", "java.specification.version", "17",
            "java.runtime.version", "17.0.1+1"));
    final List<RunningInstance> running = new ArrayList<>();
    @Nullable String cellFailure;
    @Nullable String machineFailure;
    int uid;
    long freeBytes = PLENTY;
    long freeInodes = PLENTY;

    HealthyMachine(Path root) throws IOException {
        this.root = root;
        write("dev/net/tun", "");
        Files.createDirectories(root.resolve("dev/shm"));
        Files.createDirectories(root.resolve("tmp"));
        Files.createDirectories(root.resolve("run"));
        for (String kind : List.of("user", "net", "pid", "mnt", "uts", "ipc")) {
            write("proc/self/ns/" + kind, "");
            write("proc/sys/user/max_" + kind + "_namespaces", "1000\n");
        }
        write("proc/sys/kernel/osrelease", "6.8.0\n");
        write("proc/sys/kernel/core_pattern", "core\n");
        write("proc/sys/kernel/sched_rt_runtime_us", "950000\n");
        write("proc/sys/net/ipv4/ip_forward", "0\n");
        write("proc/sys/net/ipv4/conf/all/rp_filter", "2\n");
        write("proc/sys/net/ipv4/conf/default/rp_filter", "2\n");
        write("proc/self/status", "Name:\tjava\nCapEff:\t000001ffffffffff\n");
        write("proc/self/limits", "Limit  Soft  Hard  Units\nMax open files            1024       16384     files\n");
        write("proc/meminfo", "MemTotal:  9 kB\nMemAvailable:    8000000 kB\n");
        write("proc/cpuinfo", "flags\t\t: fpu constant_tsc nonstop_tsc\n");
        write("proc/locks", "");
        write("sys/devices/system/clocksource/clocksource0/current_clocksource", "tsc\n");
        write("sys/devices/system/clocksource/clocksource0/available_clocksource", "tsc hpet\n");
        cgroup();
        executable("usr/bin/nsenter");
        write("usr/lib/libpcap.so.1.10.3", "");
        for (String program : List.of("nk-agent", "nk-cell", "nk-keeper")) {
            executable("opt/native/" + program);
        }
        write("opt/native/libnkshim.so", "");
        write("opt/cds/17.0.1+1.jsa", "");
    }

    /** One of v2, for this process alone. */
    private void cgroup() throws IOException {
        write("cgroup/own/cgroup.controllers", "cpuset cpu memory\n");
        write("cgroup/own/cgroup.type", "domain\n");
        write("cgroup/own/cgroup.procs", ProcessHandle.current().pid() + "\n");
        write("proc/self/cgroup", "0::/own\n");
        write("proc/self/mountinfo", "1 1 0:1 / " + root.resolve("cgroup") + " rw - cgroup2 cgroup2 rw\n");
    }

    Path write(String path, String text) throws IOException {
        Path file = root.resolve(path);
        Files.createDirectories(file.getParent());
        return Files.writeString(file, text);
    }

    void executable(String path) throws IOException {
        write(path, "").toFile().setExecutable(true);
    }

    void remove(String path) throws IOException {
        Files.delete(root.resolve(path));
    }

    Surroundings surroundings() {
        return new Surroundings(root, root.resolve("run"), root.resolve("claims"), root.resolve("opt/native"),
                root.resolve("opt"), uid, java, VERSION,
                machineFailure == null ? new Probe(machine, null) : Probe.none(machineFailure),
                cellFailure == null ? new Probe(cell, null) : Probe.none(cellFailure),
                words -> new Probe(Map.of("places", Collections.nCopies(words.size() - 1,
                        Map.of("bytes", freeBytes, "inodes", freeInodes))), null),
                running);
    }
}
