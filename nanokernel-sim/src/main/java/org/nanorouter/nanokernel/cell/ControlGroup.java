// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.nanorouter.nanokernel.cell.ControlGroups.Place;
import org.nanorouter.nanokernel.config.Limits;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The limits of one OS and what became of each. Each is enforced or not by itself; what the kernel refuses is no error
 * but a reason, which {@link #report} has.
 *
 * <p>On the nanokernel's thread; small files are written and read, nothing waits.
 */
public final class ControlGroup {
    private static final Logger LOG = LoggerFactory.getLogger(ControlGroup.class);
    private static final String ENFORCED = "enforced";
    private static final String NOT_ENFORCED = "not enforced: ";
    private static final int V1_SHARES = 1024;
    private static final int V1_LEAST_SHARES = 2;
    private static final int USUAL_WEIGHT = 100;

    /** One key of machine.toml. */
    private record Limit(String key, String controller, Setter setter) {
    }

    /** Writes a limit into a group. */
    @FunctionalInterface
    private interface Setter {
        void set(Place place) throws IOException;
    }

    private final ControlGroups groups;
    private final String os;
    private final Map<String, Limit> limits = new LinkedHashMap<>();
    /** Where each limit was set; nothing while the OS does not run. */
    private final Map<String, Path> set = new LinkedHashMap<>();
    private final Map<String, String> reasons = new LinkedHashMap<>();
    private final Set<Path> made = new LinkedHashSet<>();

    ControlGroup(ControlGroups groups, String os, Limits limits) {
        this.groups = groups;
        this.os = os;
        if (limits.memory() != 0) {
            add("memory_limit", "memory", place -> setMemory(place, Long.toString(limits.memory())));
        }
        if (!limits.cpus().isEmpty()) {
            add("cpus", "cpuset", place -> ControlGroups.write(file(place, "cpuset.cpus"), limits.cpus()));
        }
        if (limits.cpuWeight() != 0) {
            add("cpu_weight", "cpu", place -> setWeight(place, limits.cpuWeight()));
        }
    }

    private void add(String key, String controller, Setter setter) {
        limits.put(key, new Limit(key, controller, setter));
    }

    private static Path file(Place place, String name) {
        return place.directory().resolve(name);
    }

    private static void setMemory(Place place, String bytes) throws IOException {
        if (place.unified()) {
            ControlGroups.write(file(place, "memory.max"), bytes);
            setIfThere(file(place, "memory.swap.max"), "0");
        } else {
            // Memory and swap together never have less than memory alone: a group that is used again is opened first.
            Path both = file(place, "memory.memsw.limit_in_bytes");
            setIfThere(both, "-1");
            ControlGroups.write(file(place, "memory.limit_in_bytes"), bytes);
            setIfThere(both, bytes);
        }
    }

    /** The kernel has the file only if it counts swap; where it does not, swap has no limit. */
    private static void setIfThere(Path file, String text) throws IOException {
        if (Files.exists(file)) {
            ControlGroups.write(file, text);
        }
    }

    private static void setWeight(Place place, int weight) throws IOException {
        if (place.unified()) {
            ControlGroups.write(file(place, "cpu.weight"), Integer.toString(weight));
        } else {
            ControlGroups.write(file(place, "cpu.shares"),
                    Integer.toString(Math.max(V1_LEAST_SHARES, weight * V1_SHARES / USUAL_WEIGHT)));
        }
    }

    /**
     * Makes the groups and sets the limits.
     *
     * @return the files in which the OS's first process must be entered before it runs; empty if nothing is enforced
     */
    public List<Path> prepare() {
        set.clear();
        reasons.clear();
        for (Limit limit : limits.values()) {
            try {
                Place place = groups.place(limit.controller(), os);
                made.add(place.directory());
                limit.setter().set(place);
                set.put(limit.key(), place.directory());
            } catch (IOException e) {
                reasons.put(limit.key(), ControlGroups.reason(e));
                LOG.warn("{}: {} is not enforced: {}", os, limit.key(), ControlGroups.reason(e));
            }
        }
        return set.values().stream().distinct().map(group -> group.resolve(ControlGroups.PROCS)).toList();
    }

    /** Moves a process into the groups; whoever looks sees whether it is there. */
    void enter(long pid) {
        for (Path group : Set.copyOf(set.values())) {
            try {
                ControlGroups.write(group.resolve(ControlGroups.PROCS), Long.toString(pid));
            } catch (IOException e) {
                LOG.warn("{}: {}", os, ControlGroups.reason(e));
            }
        }
    }

    /**
     * Says of each limit, by its key, {@code enforced} or {@code not enforced: } and why.
     *
     * @param pid the OS's first process; 0: there is none
     */
    public Map<String, Object> report(long pid) {
        Map<String, Object> report = new LinkedHashMap<>();
        for (String key : limits.keySet()) {
            Path group = set.get(key);
            if (reasons.containsKey(key)) {
                report.put(key, NOT_ENFORCED + reasons.get(key));
            } else if (group == null || pid == 0) {
                report.put(key, NOT_ENFORCED + "the OS does not run");
            } else {
                report.put(key, groups.has(group, pid) ? ENFORCED : NOT_ENFORCED + "process " + pid
                        + " is not in its control group; the console log says why");
            }
        }
        return report;
    }

    /** Removes the groups, once the OS has ended; what is not empty is tried again at its next end, and at the last. */
    public void remove() {
        set.clear();
        made.removeIf(groups::remove);
    }
}
