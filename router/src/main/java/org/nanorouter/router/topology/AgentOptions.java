// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.topology;

import java.util.ArrayList;
import java.util.List;

/** What the commands of an OS say of its endpoint: they are all that is known of one that does not run. */
public final class AgentOptions {
    private static final String USUAL_TAP = "nk0";

    private AgentOptions() {
    }

    /** The endpoint that one of the commands is, such as {@code nk-agent}; empty if none shows itself as one. */
    public static String endpoint(List<String> commands) {
        List<String> words = words(commands);
        for (int i = 0; i < words.size(); i++) {
            if (words.get(i).endsWith("nk-agent")) {
                return "nk-agent";
            } else if (words.get(i).endsWith("nanorouter") && i + 1 < words.size() && "run".equals(words.get(i + 1))) {
                return "router";
            }
        }
        return "";
    }

    /** The agent's interface with its addresses; none if there is no agent. */
    public static List<Topology.Interface> interfaces(List<String> commands) {
        List<String> words = words(commands);
        List<String> addresses = new ArrayList<>();
        String tap = USUAL_TAP;
        for (int i = 0; i + 1 < words.size(); i++) {
            if ("--address".equals(words.get(i))) {
                addresses.add(words.get(i + 1));
            } else if ("--tap".equals(words.get(i))) {
                tap = words.get(i + 1);
            }
        }
        return "nk-agent".equals(endpoint(commands)) ? List.of(new Topology.Interface(tap, addresses)) : List.of();
    }

    /** A command may be one for a shell: what is quoted in it counts as words, too. */
    private static List<String> words(List<String> commands) {
        List<String> words = new ArrayList<>();
        for (String command : commands) {
            for (String word : command.split("[\\s'\"]+")) {
                if (!word.isEmpty()) {
                    words.add(word);
                }
            }
        }
        return words;
    }
}
