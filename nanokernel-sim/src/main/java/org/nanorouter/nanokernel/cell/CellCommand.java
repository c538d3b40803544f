// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.config.Mount;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.shim.Shim;

/**
 * How the processes of cells are called; the options are described at the head of {@code nk-cell.c}.
 *
 * @param home     the program's home, which every cell sees; null if the program was not installed
 * @param lifeline whether cells end with the nanokernel's standard input
 * @param uids     the users that root can give to cells, a range to each; null if the nanokernel is not root
 * @param groups   the control groups that limit OSes
 * @param registry who owns which device
 */
public record CellCommand(@Nullable Path home, boolean lifeline, @Nullable UidMap uids, ControlGroups groups,
        DeviceRegistry registry) {
    private static final long UID_RANGE = 65_536;
    private static final String SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** Whether the cell of the OS has a range of uids of its own; else its root is the nanokernel's own user. */
    public boolean hasUidRange(OsConfig os) {
        return os.kind() == OsKind.NAMESPACE && uids != null && uids.holds(os.uidBase(), UID_RANGE);
    }

    /**
     * Starts an OS of kind namespace or process, within its limits as far as they can be enforced.
     *
     * @param group    its control group; the caller removes it when the process has ended
     * @param devices  its devices, which were claimed
     * @param executor where the listener hears of the process
     * @throws IOException if there is no such program; then the control group is removed
     */
    public CellProcess start(OsConfig os, OsDirectory directory, ControlGroup group, OsDevices devices,
            Executor executor, CellProcess.Listener listener) throws IOException {
        List<Path> entrances = group.prepare();
        try {
            if (os.kind() == OsKind.NAMESPACE) {
                return CellProcess.startCell(cell(os, directory, entrances, devices), lifeline, executor, listener);
            }
            CellProcess program = CellProcess.startProgram(entrances.isEmpty() ? os.init() : bare(os, entrances),
                    environment(os, directory), directory.consoleLog(), executor, listener);
            // It enters by itself, too, before it runs what is not ours; this is for who looks earlier.
            group.enter(program.pid());
            return program;
        } catch (IOException e) {
            group.remove();
            throw e;
        }
    }

    private static List<String> nkCell(OsConfig os, List<Path> entrances) {
        List<String> command = new ArrayList<>(List.of(Shim.directory().resolve("nk-cell").toString(),
                "--name", os.name()));
        entrances.forEach(file -> command.addAll(List.of("--cgroup", file.toString())));
        return command;
    }

    private static List<String> bare(OsConfig os, List<Path> entrances) {
        List<String> command = nkCell(os, entrances);
        command.addAll(List.of("--bare", "--"));
        command.addAll(os.init());
        return command;
    }

    /** The command that makes the cell of an OS and ends with it. */
    private List<String> cell(OsConfig os, OsDirectory directory, List<Path> entrances, OsDevices devices) {
        List<String> command = nkCell(os, entrances);
        command.addAll(List.of("--dir", directory.path().toString(), "--log", directory.consoleLog().toString()));
        if (home != null) {
            command.addAll(List.of("--home", home.toString()));
        }
        if (hasUidRange(os)) {
            command.addAll(List.of("--uid-base", Long.toString(os.uidBase())));
        }
        command.addAll(devices.options());
        if (lifeline) {
            command.add("--lifeline");
        }
        for (Mount mount : os.mounts()) {
            command.addAll(List.of("--bind", mount.source() + ":" + mount.target() + (mount.readOnly() ? ":ro" : "")));
        }
        os.env().forEach((name, value) -> command.addAll(List.of("--setenv", name + "=" + value)));
        for (List<String> service : os.services()) {
            command.addAll(List.of("--service", Integer.toString(service.size())));
            command.addAll(service);
        }
        command.add("--");
        command.addAll(os.init());
        return command;
    }

    /** The environment of programs in the OS, which they find everything by. */
    public Map<String, String> environment(OsConfig os, OsDirectory directory) {
        Map<String, String> environment = new LinkedHashMap<>();
        environment.put("NK_OS", os.name());
        environment.put("NK_RUN", directory.path().toString());
        environment.put("NK_ATTACH", directory.attachSocket().toString());
        environment.put("NK_TOKEN_FILE", directory.token().toString());
        environment.put("PATH", home == null ? SYSTEM_PATH : SYSTEM_PATH + ":" + home.resolve("bin"));
        if (home != null) {
            environment.put("NANOROUTER_HOME", home.toString());
        }
        environment.put("HOME", "/root");
        environment.put("USER", "root");
        environment.put("SHELL", "/bin/sh");
        environment.put("LANG", "C.UTF-8");
        environment.putAll(os.env());
        return environment;
    }
}
