// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.process;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** How a command is run inside a cell: by nsenter(1), with what the nanokernel answers to {@code os.enter}. */
public final class Entrance {
    private Entrance() {
    }

    /** The command line that enters the cell; the environment is still to be set. */
    public static List<String> command(Map<String, Object> entrance, List<String> command) {
        List<String> line = new ArrayList<>(List.of("nsenter", "-t", String.valueOf(entrance.get("pid")),
                "-U", "-m", "-u", "-i", "-n", "-p"));
        if (Boolean.TRUE.equals(entrance.get("uid_range"))) {
            line.addAll(List.of("-S", "0", "-G", "0"));
        } else {
            // Root of the cell is the user who calls; there is no other uid to change to.
            line.add("--preserve-credentials");
        }
        line.add("--");
        line.addAll(command);
        return line;
    }

    /** Makes an environment that of the cell. */
    public static void environment(Map<String, String> environment, Map<String, Object> entrance) {
        String terminal = environment.get("TERM");
        environment.clear();
        if (terminal != null) {
            environment.put("TERM", terminal);
        }
        ((Map<?, ?>) entrance.get("environment")).forEach((name, value) ->
                environment.put(String.valueOf(name), String.valueOf(value)));
    }
}
