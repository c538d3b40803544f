// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The processes of an OS, as /proc has them: those beneath its process 1, with what they are to Nanorouter. What they
 * call themselves is their own word.
 */
final class OsProcesses {
    /** A fork bomb in an OS is not to fill the screen. */
    private static final int MAX = 64;
    private static final int MAX_DEPTH = 8;
    private static final String MAIN_CLASS = Nanorouter.class.getName();

    private final Path proc;
    private final Map<?, ?> router;
    private final Set<Long> seen = new HashSet<>();

    /**
     * Reads nothing yet.
     *
     * @param proc   where /proc is
     * @param router what the router of the OS says of itself; empty if there is none
     */
    OsProcesses(Path proc, Map<?, ?> router) {
        this.proc = proc;
        this.router = router;
    }

    /** The tree beneath a process, and it itself: objects with pid, role, command and children. */
    List<Map<String, Object>> of(long first) {
        return first <= 0 ? List.of() : tree(List.of(first), 0);
    }

    private List<Map<String, Object>> tree(List<Long> pids, int depth) {
        List<Map<String, Object>> processes = new ArrayList<>();
        for (long pid : pids) {
            if (seen.size() == MAX || !seen.add(pid)) {
                continue;
            }
            List<String> words = words(pid);
            if (!words.isEmpty()) {
                Map<String, Object> process = new LinkedHashMap<>();
                process.put("pid", pid);
                process.put("role", role(pid, words));
                process.put("command", String.join(" ", words));
                process.put("children", depth == MAX_DEPTH ? List.of() : tree(children(pid), depth + 1));
                processes.add(process);
            }
        }
        return processes;
    }

    /** Empty if there is no such process. */
    private List<String> words(long pid) {
        try {
            String line = Files.readString(proc.resolve(pid + "/cmdline"), StandardCharsets.ISO_8859_1);
            if (line.isEmpty()) {
                String name = Files.readString(proc.resolve(pid + "/comm"), StandardCharsets.ISO_8859_1).strip();
                return List.of("(" + name + ")");
            }
            return List.of(line.split("\0"));
        } catch (IOException e) {
            return List.of();
        }
    }

    private List<Long> children(long pid) {
        List<Long> children = new ArrayList<>();
        try (DirectoryStream<Path> tasks = Files.newDirectoryStream(proc.resolve(pid + "/task"))) {
            for (Path task : tasks) {
                for (String word : Files.readString(task.resolve("children")).split(" ")) {
                    if (!word.isBlank()) {
                        children.add(Long.parseLong(word.strip()));
                    }
                }
            }
        } catch (IOException | DirectoryIteratorException | NumberFormatException e) {
            // It has just ended, or this kernel has no such files.
            return children;
        }
        return children;
    }

    /** init, agent, router (leads), standby, router (of which nobody knows better), or service. */
    private String role(long pid, List<String> words) {
        String program = words.get(0).substring(words.get(0).lastIndexOf('/') + 1);
        if ("nk-agent".equals(program)) {
            return "agent";
        }
        int main = words.indexOf(MAIN_CLASS);
        if (main > 0 && main + 1 < words.size() && "run".equals(words.get(main + 1))) {
            long own = ownPid(pid);
            boolean standsBy = false;
            if (router.get("standbys") instanceof List<?> standbys) {
                for (Object standby : standbys) {
                    standsBy |= standby instanceof Number number && number.longValue() == own;
                }
            }
            return own == Reply.number(router, "pid") ? "leader" : standsBy ? "standby" : "router";
        }
        return seen.size() == 1 ? "init" : "service";
    }

    /** What the process calls itself, in the pid namespace of its OS. */
    private long ownPid(long pid) {
        try {
            for (String line : Files.readAllLines(proc.resolve(pid + "/status"), StandardCharsets.ISO_8859_1)) {
                if (line.startsWith("NSpid:")) {
                    return Long.parseLong(line.substring(line.lastIndexOf('\t') + 1).strip());
                }
            }
        } catch (IOException | NumberFormatException e) {
            return pid;
        }
        return pid;
    }
}
