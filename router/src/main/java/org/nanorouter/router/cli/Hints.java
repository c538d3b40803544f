// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Finds what a person would do now about a machine; nothing if all is well. */
final class Hints {
    /** A failure before that is history. */
    private static final long RECENT_S = 600;
    private static final double BOOT_S = 10;

    private final List<Hint> hints = new ArrayList<>();
    private final String instance;

    /** For commands that speak to an instance: {@code " -I NAME"}, or empty for the only one. */
    Hints(String instance) {
        this.instance = instance;
    }

    List<Hint> all() {
        return hints;
    }

    private void add(String about, String text, String... commands) {
        hints.add(new Hint(about, text, List.of(commands)));
    }

    /** Of the nanokernel; {@code version} is that of this program, null if it is not known. */
    void nanokernel(MachineSnapshot machine, @Nullable String version) {
        Map<String, Object> nanokernel = machine.nanokernel();
        if (nanokernel == null) {
            add("nanokernel", "no nanokernel answers: routers go on, and nobody watches or restarts OSes",
                    "nanorouter kernel -c machine.toml" + instance);
            return;
        }
        Object its = nanokernel.get("version");
        if (version != null && its != null && !version.equals(its)) {
            add("nanokernel", "it is version " + its + ", this program is " + version
                    + ": restart it when its OSes may end", "nanorouter doctor");
        }
    }

    /** Of one OS as {@code os show} has it; {@code routed}: whether a router of it answers. */
    void os(Map<?, ?> os, boolean routed, boolean deadRouter) {
        String name = Reply.text(os, "name");
        boolean external = "external".equals(os.get("kind"));
        switch (Reply.text(os, "state")) {
            case "failed" -> add(name, "failed: it was restarted too often", "nanorouter os start " + name + instance,
                    postmortem(name), "nanorouter os events " + name + instance);
            case "panicked" -> {
                if ("never".equals(Reply.object(os, "restart").get("policy"))) {
                    add(name, "panicked, and its policy is to stay so", "nanorouter os start " + name + instance,
                            postmortem(name));
                }
            }
            case "hung" -> add(name, "hangs, and is left as it is", "nanorouter os restart " + name + instance,
                    postmortem(name));
            case "booting" -> booting(os, name, external);
            case "running", "suspect" -> running(os, name, routed, deadRouter);
            default -> {
                // Stopped or never started, which somebody wanted; or on its way.
            }
        }
        limits(os, name);
    }

    private String postmortem(String os) {
        return "nanorouter os postmortem " + os + " -w " + os + ".pcapng" + instance;
    }

    private void booting(Map<?, ?> os, String name, boolean external) {
        if (external && !Boolean.TRUE.equals(os.get("attached"))) {
            add(name, "waits for its router", "nanorouter run -c router.toml");
        } else if (os.get("uptime_s") instanceof Number uptime && uptime.doubleValue() > BOOT_S) {
            add(name, "boots since " + uptime.longValue() + " s, and its endpoint is not ready",
                    os.get("console_log") == null ? "nanorouter os show " + name + instance
                    : "tail " + os.get("console_log"));
        }
    }

    private void running(Map<?, ?> os, String name, boolean routed, boolean deadRouter) {
        if (deadRouter && !routed && !Boolean.TRUE.equals(os.get("attached"))) {
            add(name, "no router leads it any more: its frames wait", "nanorouter run --standby -c router.toml");
        }
        Map<?, ?> failure = Reply.object(os, "last_failure");
        if (failure.get("ago_s") instanceof Number ago && ago.doubleValue() < RECENT_S) {
            add(name, Reply.text(failure, "kind") + " " + Period.text(ago.doubleValue())
                    + " ago, runs again; its last frames are kept", postmortem(name));
        }
    }

    private void limits(Map<?, ?> os, String name) {
        StringBuilder broken = new StringBuilder();
        Reply.object(os, "limits").forEach((key, value) -> {
            String text = String.valueOf(value);
            if (text.startsWith("not enforced") && !text.endsWith("the OS does not run")) {
                broken.append(broken.isEmpty() ? "" : "; ").append(key).append(" is ").append(text);
            }
        });
        if (!broken.isEmpty()) {
            add(name, broken.toString(),
                    "systemd-run --scope -p Delegate=yes nanorouter kernel -c machine.toml" + instance);
        }
    }

    /** A name that an OS chose, for a command that somebody copies: as it is if no shell sees anything in it. */
    private static String word(String name) {
        boolean plain = !name.isEmpty() && name.chars().allMatch(c -> c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z'
                || c >= '0' && c <= '9' || "._:-".indexOf(c) >= 0);
        return plain ? name : "NAME";
    }

    /**
     * Of one router.
     *
     * @param os      its OS
     * @param rising  frames dropped by each port since a moment ago, those that dropped some alone
     */
    void router(String os, Map<?, ?> reply, Map<String, Long> rising) {
        if (!RouterOption.isAnswer(reply)) {
            add(os, "its router does not answer: " + reply.get("why"), "nanorouter os events " + os + instance,
                    "nanorouter router kill " + os + instance);
            return;
        }
        if ("lost".equals(reply.get("nanokernel"))) {
            add(os, "its router has lost the nanokernel, and attaches again once one is there",
                    "nanorouter os list" + instance);
        }
        for (Map<?, ?> port : Reply.objects(reply, "ports")) {
            String name = Reply.text(port, "name");
            String show = "nanorouter port show " + word(name) + " -o " + os + instance;
            String state = Reply.text(port, "state");
            if ("quarantined".equals(state)) {
                // A port for every peer has one of these each, named after the peer.
                int colon = name.indexOf(':');
                String restart = "nanorouter os restart " + (colon < 0 ? "PEER" : word(name.substring(colon + 1)));
                add(name, "quarantined: its peer broke the rules of the ring; it opens when that OS restarts", show,
                        restart + instance);
            } else if ("failed".equals(state)) {
                add(name, "the port has failed, the router's log says why", show);
            }
        }
        new TreeMap<>(rising).forEach((port, frames) -> add(port, "drops are rising: " + frames + " frames just now",
                "nanorouter port show " + word(port) + " -o " + os + instance));
    }
}
