// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The hierarchies of control groups that are mounted here, and the place of this process in each as it was when this
 * was made. What cannot be read is as if nothing were mounted.
 */
public class CgroupMounts {
    private static final Path PROC = Path.of("/proc");
    private static final int ROOT_FIELD = 3;
    private static final int PLACE_FIELD = 4;

    /**
     * One hierarchy.
     *
     * @param unified     true for v2, which there is at most one of
     * @param controllers those of v1, and names of the mount's other options; of v2 of no meaning
     * @param root        the group that is mounted
     * @param place       where it is mounted
     */
    record Hierarchy(boolean unified, List<String> controllers, String root, Path place) {
        /** The directory of a group, from the lines of a process's list of groups; null if it is not mounted. */
        @Nullable Path directory(List<String> membership) {
            for (String line : membership) {
                String[] fields = line.split(":", 3);
                boolean mine = fields.length == 3 && (unified ? "0".equals(fields[0]) && fields[1].isEmpty()
                        : !fields[1].isEmpty() && controllers.containsAll(List.of(fields[1].split(","))));
                if (mine) {
                    Path group = Path.of(fields[2]);
                    // A group above the namespace's own shows as /.., one elsewhere is not beneath the mount.
                    return group.startsWith(root) && !fields[2].contains("/..")
                            ? place.resolve(Path.of(root).relativize(group)).normalize() : null;
                }
            }
            return null;
        }
    }

    private final Path proc;
    private final List<Hierarchy> hierarchies = new ArrayList<>();
    private final List<String> membership;

    /**
     * Reads {@code self/mountinfo} and {@code self/cgroup}.
     *
     * @param proc where /proc is
     */
    public CgroupMounts(Path proc) {
        this.proc = proc;
        this.membership = lines(proc.resolve("self/cgroup"));
        for (String line : lines(proc.resolve("self/mountinfo"))) {
            // proc(5): a hyphen ends the optional fields; behind it are type, source, and options of the file system.
            String[] halves = line.split(" - ", 2);
            String[] mount = halves[0].split(" ");
            String[] type = halves.length == 2 ? halves[1].split(" ") : new String[0];
            if (type.length == 3 && mount.length > PLACE_FIELD
                    && ("cgroup".equals(type[0]) || "cgroup2".equals(type[0]))) {
                hierarchies.add(new Hierarchy("cgroup2".equals(type[0]), List.of(type[2].split(",")),
                        unescape(mount[ROOT_FIELD]), Path.of(unescape(mount[PLACE_FIELD]))));
            }
        }
    }

    /** Those of this process. */
    public static CgroupMounts own() {
        return new CgroupMounts(PROC);
    }

    /** All hierarchies in which this process has a group that can be reached. */
    List<Hierarchy> all() {
        return hierarchies.stream().filter(hierarchy -> own(hierarchy) != null).toList();
    }

    /** The v1 hierarchy of a controller; null if there is none that can be reached. */
    @Nullable Hierarchy ofController(String controller) {
        return all().stream().filter(hierarchy -> !hierarchy.unified() && hierarchy.controllers().contains(controller))
                .findFirst().orElse(null);
    }

    /** The v2 hierarchy; null if there is none that can be reached. */
    @Nullable Hierarchy unified() {
        return all().stream().filter(Hierarchy::unified).findFirst().orElse(null);
    }

    /** The directory of this process's group. */
    @Nullable Path own(Hierarchy hierarchy) {
        return hierarchy.directory(membership);
    }

    /** The directories of a process's groups, in all hierarchies; empty if it is not there. */
    List<Path> groupsOf(long pid) {
        List<String> lines = lines(proc.resolve(pid + "/cgroup"));
        List<Path> groups = new ArrayList<>();
        for (Hierarchy hierarchy : hierarchies) {
            Path group = hierarchy.directory(lines);
            if (group != null) {
                groups.add(group);
            }
        }
        return groups;
    }

    /** Removes a group that has no process and no group beneath it; the files in it are the kernel's and go with it. */
    void removeGroup(Path group) throws IOException {
        Files.deleteIfExists(group);
    }

    private static List<String> lines(Path file) {
        try {
            return Files.readAllLines(file);
        } catch (IOException e) {
            return List.of();
        }
    }

    /** A blank and a few others are written as a backslash and three octal digits. */
    private static String unescape(String text) {
        StringBuilder plain = new StringBuilder();
        for (int i = 0; i < text.length(); i++) {
            if (text.charAt(i) == '\\' && i + 3 < text.length()) {
                plain.append((char) Integer.parseInt(text.substring(i + 1, i + 4), 8));
                i += 3;
            } else {
                plain.append(text.charAt(i));
            }
        }
        return plain.toString();
    }
}
