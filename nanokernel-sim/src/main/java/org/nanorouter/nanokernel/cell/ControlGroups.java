// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.DirectoryIteratorException;
import java.nio.file.DirectoryStream;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.cell.CgroupMounts.Hierarchy;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.Process;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The control groups of one instance: {@code nanorouter/INSTANCE/OS} beneath the group of the nanokernel, in v2 where
 * that gives it the controller, else in the controller's hierarchy of v1.
 *
 * <p>In v2 a group whose controllers are given to those beneath it has no processes of its own. A nanokernel that is
 * alone in its group, as under systemd, therefore goes into one beneath it, {@code nanorouter/INSTANCE/.nanokernel}, as
 * long as it runs; if it is not alone, the group is not its to change, and nothing is enforced there.
 *
 * <p>Owns the directories of the instance: they are made when an OS with limits starts, and removed when it has ended.
 * Nothing here kills a process, and nothing that the kernel refuses is an error. One thread at a time; nothing waits
 * but {@link #close}.
 */
public final class ControlGroups implements AutoCloseable {
    static final String PROCS = "cgroup.procs";
    private static final Logger LOG = LoggerFactory.getLogger(ControlGroups.class);
    private static final String PROGRAM = "nanorouter";
    /** No OS can have this name. */
    private static final String OWN = ".nanokernel";
    private static final String SUBTREE = "cgroup.subtree_control";
    private static final String CPUSET = "cpuset";
    /** What a group of v1 needs before a process can enter it. */
    private static final List<String> CPUSET_FILES = List.of("cpuset.cpus", "cpuset.mems");
    private static final List<String> CONTROLLERS = List.of("memory", "cpu", CPUSET);
    private static final int MAKE_ATTEMPTS = 3;
    private static final long END_WAIT_NS = 1_000_000_000;
    private static final long NS_PER_MS = 1_000_000;

    private final CgroupMounts mounts;
    private final String instance;
    /** The nanokernel's process, and the one that keeps for it. */
    private final List<String> ours;
    /** Why nothing is enforced in v2; null if that is possible. */
    private @Nullable IOException refusal;
    /** The group that the nanokernel left for one beneath it; null if it stayed. */
    private @Nullable Path left;

    private ControlGroups(CgroupMounts mounts, String instance, boolean kept) {
        this.mounts = mounts;
        this.instance = instance;
        ProcessHandle self = ProcessHandle.current();
        this.ours = Stream.concat(Stream.of(self), kept ? self.parent().stream() : Stream.empty())
                .map(process -> Long.toString(process.pid())).toList();
    }

    /**
     * Removes what an earlier nanokernel of the instance left, as far as it is empty.
     *
     * @param wanted whether an OS has limits: only then does the nanokernel go into a group of its own
     * @param kept   whether the parent process is its keeper, which goes with it
     */
    public static ControlGroups open(CgroupMounts mounts, String instance, boolean wanted, boolean kept) {
        ControlGroups groups = new ControlGroups(mounts, instance, kept);
        groups.removeAll();
        if (wanted) {
            try {
                groups.makeRoom();
            } catch (IOException e) {
                groups.refusal = e;
            }
        }
        return groups;
    }

    /**
     * Whether a nanokernel that this process became could enforce limits, as far as that shows without a change: for
     * each controller why not, empty if nothing is known against it.
     */
    public static Map<String, String> outlook(CgroupMounts mounts, long pid) {
        Map<String, String> reasons = new LinkedHashMap<>();
        Hierarchy unified = mounts.unified();
        Path own = unified == null ? null : mounts.own(unified);
        for (String controller : CONTROLLERS) {
            if (own != null && gives(own, controller)) {
                reasons.put(controller, against(own, pid));
                continue;
            }
            Hierarchy hierarchy = mounts.ofController(controller);
            Path group = hierarchy == null ? null : mounts.own(hierarchy);
            reasons.put(controller, group == null ? "no control group with this controller can be reached"
                    : Files.isWritable(group) ? "" : "permission denied: " + group);
        }
        return reasons;
    }

    /** Of a group of v2; only in the root, which has no type, others may be beside the nanokernel. */
    private static String against(Path own, long pid) {
        try {
            if (!Files.isWritable(own)) {
                return "permission denied: " + own;
            }
            return !Files.exists(own.resolve("cgroup.type"))
                    || List.of(Long.toString(pid)).containsAll(Files.readAllLines(own.resolve(PROCS)))
                    ? "" : "other processes are in " + own;
        } catch (IOException e) {
            return reason(e);
        }
    }

    /** The group of an OS; nothing is made yet. */
    public ControlGroup of(OsConfig os) {
        return new ControlGroup(this, os.name(), os.limits());
    }

    private void makeRoom() throws IOException {
        Hierarchy unified = mounts.unified();
        Path own = unified == null ? null : own(unified);
        // The root of the hierarchy, which has no type, may have both.
        if (own == null || CONTROLLERS.stream().noneMatch(controller -> gives(own, controller))
                || !Files.exists(own.resolve("cgroup.type"))) {
            return;
        }
        List<String> processes = Files.readAllLines(own.resolve(PROCS));
        if (!ours.containsAll(processes)) {
            throw new IOException("other processes are in the nanokernel's control group, which therefore gives no "
                    + "controller to those beneath it; systemd-run --scope -p Delegate=yes makes one for it alone");
        }
        if (!own.equals(mounts.own(unified))) {
            // A nanokernel that was killed had gone there with the keeper, and this one began there.
            left = own;
        } else if (!processes.isEmpty()) {
            Path inner = make(own.resolve(PROGRAM).resolve(instance).resolve(OWN));
            for (String pid : ours) {
                write(inner.resolve(PROCS), pid);
            }
            left = own;
        }
    }

    /** The group beneath which those of the instance are. */
    private @Nullable Path own(Hierarchy hierarchy) {
        Path own = mounts.own(hierarchy);
        return own != null && own.endsWith(Path.of(PROGRAM, instance, OWN))
                ? own.getParent().getParent().getParent() : own;
    }

    private static boolean gives(Path own, String controller) {
        try {
            return List.of(Files.readString(own.resolve("cgroup.controllers")).strip().split(" ")).contains(controller);
        } catch (IOException e) {
            return false;
        }
    }

    /** A group of an OS that a controller works in. */
    record Place(Path directory, boolean unified) {
    }

    /** Makes the group of an OS for a controller, or finds it. */
    Place place(String controller, String os) throws IOException {
        Hierarchy unified = mounts.unified();
        Path own = unified == null ? null : own(unified);
        if (own != null && gives(own, controller)) {
            if (refusal != null) {
                throw refusal;
            }
            Path group = make(own.resolve(PROGRAM).resolve(instance).resolve(os));
            for (Path giver : List.of(own, own.resolve(PROGRAM), own.resolve(PROGRAM).resolve(instance))) {
                write(giver.resolve(SUBTREE), "+" + controller);
            }
            return new Place(group, true);
        }
        Hierarchy hierarchy = mounts.ofController(controller);
        own = hierarchy == null ? null : own(hierarchy);
        if (own == null) {
            throw new IOException("the control group of the nanokernel has no controller '" + controller + "'");
        }
        Path parent = own.resolve(PROGRAM).resolve(instance);
        Path group = make(parent.resolve(os));
        if (CPUSET.equals(controller)) {
            for (String file : CPUSET_FILES) {
                inherit(own, own.resolve(PROGRAM), file);
                inherit(own.resolve(PROGRAM), parent, file);
                inherit(parent, group, file);
            }
        }
        return new Place(group, false);
    }

    private static void inherit(Path parent, Path group, String file) throws IOException {
        Path own = group.resolve(file);
        if (!Files.exists(own) || Files.readString(own).isBlank()) {
            write(own, Files.readString(parent.resolve(file)).strip());
        }
    }

    private static Path make(Path group) throws IOException {
        for (int attempt = 1;; attempt++) {
            try {
                return Files.createDirectories(group);
            } catch (NoSuchFileException e) {
                // Another instance has just removed what it thought was empty.
                if (attempt == MAKE_ATTEMPTS) {
                    throw e;
                }
            }
        }
    }

    /** Writes one of the kernel's files at once; it makes none that is not there. */
    static void write(Path file, String text) throws IOException {
        try {
            Files.writeString(file, text + "\n");
        } catch (FileSystemException e) {
            throw e;
        } catch (IOException e) {
            throw new FileSystemException(file.toString(), null, e.getMessage());
        }
    }

    /** What an error means to an operator. */
    static String reason(IOException e) {
        if (!(e instanceof FileSystemException failure)) {
            return String.valueOf(e.getMessage());
        } else if (e instanceof AccessDeniedException) {
            return "permission denied: " + failure.getFile();
        } else if (e instanceof NoSuchFileException) {
            return "no such file: " + failure.getFile();
        } else if (e instanceof FileAlreadyExistsException) {
            return "it is not a control group: " + failure.getFile();
        }
        return failure.getReason() + ": " + failure.getFile();
    }

    /** Whether a process is in a group. */
    boolean has(Path group, long pid) {
        return mounts.groupsOf(pid).contains(group);
    }

    /** Removes a group; false if something is still in it. */
    boolean remove(Path group) {
        try {
            mounts.removeGroup(group);
            return true;
        } catch (IOException e) {
            LOG.debug("{} was not removed: {}", group, e.toString());
            return false;
        }
    }

    /** Removes what is empty of the instance; false if something is left. */
    private boolean removeAll() {
        boolean all = true;
        Set<Path> seen = new HashSet<>();
        for (Hierarchy hierarchy : mounts.all()) {
            Path own = own(hierarchy);
            if (own == null || !seen.add(own) || !Files.isDirectory(own.resolve(PROGRAM))) {
                continue;
            }
            Path parent = own.resolve(PROGRAM).resolve(instance);
            if (Files.isDirectory(parent)) {
                all &= removeBeneath(parent) & remove(parent);
            }
            // It stays as long as another instance has groups in it.
            remove(own.resolve(PROGRAM));
        }
        return all;
    }

    private boolean removeBeneath(Path parent) {
        boolean all = true;
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(parent, entry -> Files.isDirectory(entry))) {
            for (Path group : groups) {
                all &= remove(group);
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("{} was not read: {}", parent, e.toString());
            return false;
        }
        return all;
    }

    private void comeBack(Path own) {
        Path program = own.resolve(PROGRAM);
        for (Path giver : List.of(program.resolve(instance), program, own)) {
            for (String controller : CONTROLLERS) {
                try {
                    write(giver.resolve(SUBTREE), "-" + controller);
                } catch (IOException e) {
                    // It was never given, or another instance needs it.
                    LOG.debug("{}", reason(e));
                }
            }
        }
        try {
            for (String pid : ours) {
                write(own.resolve(PROCS), pid);
            }
        } catch (IOException e) {
            LOG.debug("the nanokernel stays in its own control group: {}", reason(e));
        }
    }

    /** Removes all directories; waits up to a second for the ends of processes that were killed. */
    @Override
    public void close() {
        if (left != null) {
            comeBack(left);
        }
        if (!removeAll()) {
            awaitEnds();
            removeAll();
        }
    }

    private void awaitEnds() {
        long begin = System.nanoTime();
        for (Hierarchy hierarchy : mounts.all()) {
            Path own = own(hierarchy);
            for (String pid : own == null ? List.<String>of() : processesBeneath(own)) {
                int fd = Process.pidfdOpen(Integer.parseInt(pid));
                if (fd >= 0) {
                    long rest = Math.max(0, END_WAIT_NS - (System.nanoTime() - begin));
                    CellRecord.endsInTime(fd, (int) (rest / NS_PER_MS));
                    Fd.close(fd);
                }
            }
        }
    }

    private List<String> processesBeneath(Path own) {
        List<String> processes = new ArrayList<>();
        try (DirectoryStream<Path> groups = Files.newDirectoryStream(own.resolve(PROGRAM).resolve(instance),
                entry -> Files.isDirectory(entry) && !entry.endsWith(OWN))) {
            for (Path group : groups) {
                processes.addAll(Files.readAllLines(group.resolve(PROCS)));
            }
        } catch (IOException | DirectoryIteratorException e) {
            LOG.debug("{} was not read: {}", own, e.toString());
        }
        return processes;
    }
}
