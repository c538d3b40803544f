// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
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
 */
public record CellCommand(@Nullable Path home, boolean lifeline, @Nullable UidMap uids) {
    private static final long UID_RANGE = 65_536;
    private static final String SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";

    /** Whether the cell of the OS has a range of uids of its own; else its root is the nanokernel's own user. */
    public boolean hasUidRange(OsConfig os) {
        return os.kind() == OsKind.NAMESPACE && uids != null && uids.holds(os.uidBase(), UID_RANGE);
    }

    /** The command that makes the cell of an OS and ends with it. */
    public List<String> of(OsConfig os, OsDirectory directory) {
        List<String> command = new ArrayList<>(List.of(Shim.directory().resolve("nk-cell").toString(),
                "--name", os.name(), "--dir", directory.path().toString(),
                "--log", directory.consoleLog().toString()));
        if (home != null) {
            command.addAll(List.of("--home", home.toString()));
        }
        if (hasUidRange(os)) {
            command.addAll(List.of("--uid-base", Long.toString(os.uidBase())));
        }
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
