// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.fail;
import static org.junit.jupiter.api.Assumptions.abort;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/** What a test needs of the machine. A test without it is skipped with the reason, or fails where CI=true. */
final class Privilege {
    static final List<String> AS_NOBODY = List.of("setpriv", "--reuid", "65534", "--regid", "65534", "--clear-groups");

    private Privilege() {
    }

    static boolean isRoot() {
        try {
            return (Integer) Files.getAttribute(Path.of("/proc/self"), "unix:uid") == 0;
        } catch (IOException e) {
            throw new IllegalStateException("/proc is not mounted", e);
        }
    }

    /**
     * Runs a command as an ordinary user who may open /dev/net/tun, as udev's rules have it. Where this machine has it
     * otherwise, only this command sees it so.
     */
    static List<String> asOrdinaryUser() {
        List<String> command = new ArrayList<>(List.of("unshare", "-m", "sh", "-c",
                "mount -t tmpfs none /dev/net && mknod -m 666 /dev/net/tun c 10 200 && exec \"$@\"", "sh"));
        command.addAll(AS_NOBODY);
        return command;
    }

    static void requireRoot() {
        if (!isRoot()) {
            missing("this test needs root");
        }
    }

    /** That anybody may make TAPs in a namespace of his own. */
    static void requireTun() {
        Path tun = Path.of("/dev/net/tun");
        if (!Files.isReadable(tun) || !Files.isWritable(tun)) {
            missing("this test needs /dev/net/tun");
        }
    }

    static void requireNode(String node) {
        if (!Files.exists(Path.of(node))) {
            missing("this test needs " + node);
        }
    }

    /** A program that was built by {@code ./nanorouter}, as it is installed. */
    static Path requireDist() {
        Path program = Path.of(System.getProperty("nanorouter.dist"), "bin", "nanorouter");
        if (!Files.isExecutable(program)) {
            missing("this test needs the built program; run ./nanorouter once");
        }
        return program;
    }

    static void requireProgram(String name) {
        if (!Command.exists(name)) {
            missing("this test needs " + name);
        }
    }

    private static void missing(String reason) {
        if (Boolean.parseBoolean(System.getenv("CI"))) {
            fail(reason);
        }
        abort(reason);
    }
}
