// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.List;
import java.util.Map;

/** Shows a nanokernel, its OSes and their processes as a tree. */
final class StatusTree {
    private static final int SHOWN_BOOT_ID = 8;
    private static final int MAX_COMMAND = 60;
    private static final int SHOWN_PROCESSES = 12;

    private final Output out;
    private final Style style;
    private int shown;

    StatusTree(Output out, Style style) {
        this.out = out;
        this.style = style;
    }

    /** Everything; an OS has its processes under {@code processes}. */
    void show(MachineSnapshot machine) {
        Map<String, Object> nanokernel = machine.nanokernel();
        if (nanokernel == null) {
            // A text of this program or of the system; it may quote what was read.
            entry("", style.dot("stopped") + " " + style.bold("nanokernel") + ": does not answer");
            facts("  ", machine.why());
            return;
        }
        entry("", style.dot("running") + " " + style.bold("instance " + text(nanokernel, "instance")) + ": "
                + style.good("nanokernel runs"));
        facts(machine.oses().isEmpty() ? "  " : style.trunk(false), "up " + uptime(nanokernel) + ", pid "
                + text(nanokernel, "pid")
                + (nanokernel.get("keeper_pid") == null ? ", no keeper"
                : ", keeper " + text(nanokernel, "keeper_pid"))
                + ", boot " + shortened(text(nanokernel, "boot_id"), SHOWN_BOOT_ID)
                + ", " + text(nanokernel, "run_directory"));
        for (int i = 0; i < machine.oses().size(); i++) {
            os(machine.oses().get(i), i + 1 == machine.oses().size());
        }
    }

    private void os(Map<String, Object> os, boolean last) {
        String state = text(os, "state");
        entry(style.branch(last), style.dot(state) + " " + style.bold(text(os, "name")) + ": "
                + style.inColourOf(state, state));
        List<Map<?, ?>> processes = beneath(Reply.objects(os, "processes"));
        String trunk = style.trunk(last) + (processes.isEmpty() ? "  " : style.trunk(false));
        StringBuilder facts = new StringBuilder(text(os, "kind")).append(", epoch ").append(text(os, "epoch"));
        if (os.get("uptime_s") != null) {
            facts.append(", up ").append(uptime(os));
        }
        if (os.get("pid") != null) {
            facts.append(", pid ").append(text(os, "pid"));
        }
        facts.append(Boolean.TRUE.equals(os.get("ready")) ? "" : Boolean.TRUE.equals(os.get("attached"))
                ? ", attached, not ready" : ", nothing attached");
        if (os.get("heartbeat_silence_ms") != null) {
            facts.append(", beat ").append(text(os, "heartbeat_silence_ms")).append(" ms ago");
        }
        long restarts = Reply.number(os, "restarts");
        if (restarts > 0) {
            facts.append(", ").append(restarts).append(restarts == 1 ? " restart" : " restarts");
        }
        facts(trunk, facts.toString());
        Map<?, ?> failure = Reply.object(os, "last_failure");
        if (failure.get("ago_s") instanceof Number ago) {
            facts(trunk, "last failure " + Period.text(ago.doubleValue()) + " ago, " + text(failure, "kind")
                    + ": " + text(failure, "text"));
        }
        shown = 0;
        processes(processes, style.trunk(last));
    }

    /** Process 1 of a cell is ours, and is named with the OS; what is of interest is what it started. */
    private static List<Map<?, ?>> beneath(List<Map<?, ?>> processes) {
        if (processes.size() == 1 && "init".equals(processes.get(0).get("role"))
                && !Reply.objects(processes.get(0), "children").isEmpty()) {
            return Reply.objects(processes.get(0), "children");
        }
        return processes;
    }

    private void processes(List<Map<?, ?>> processes, String prefix) {
        for (int i = 0; i < processes.size(); i++) {
            Map<?, ?> process = processes.get(i);
            boolean last = i + 1 == processes.size();
            if (++shown > SHOWN_PROCESSES) {
                entry(prefix + style.branch(true), "more, see 'status -j'");
                return;
            }
            String line = text(process, "pid") + " " + switch (text(process, "role")) {
                case "leader" -> "router, leads";
                case "standby" -> "router, stands by";
                case "router" -> "router, starting";
                case "agent" -> "nk-agent";
                default -> text(process, "command");
            };
            int room = style.columns() == 0 ? MAX_COMMAND : style.columns() - prefix.length() - 2;
            entry(prefix + style.branch(last), shortened(line, room));
            processes(Reply.objects(process, "children"), prefix + style.trunk(last));
        }
    }

    private void entry(String prefix, String painted) {
        out.painted(prefix + painted);
    }

    private void facts(String prefix, String text) {
        for (String line : style.wrap(Output.printable(text), prefix.length())) {
            out.painted(prefix + line);
        }
    }

    private static String uptime(Map<?, ?> of) {
        return of.get("uptime_s") instanceof Number seconds ? Period.text(seconds.doubleValue()) : "?";
    }

    private static String text(Map<?, ?> map, String key) {
        return Output.printable(Reply.text(map, key));
    }

    private static String shortened(String text, int length) {
        return text.length() <= length ? text : text.substring(0, Math.max(1, length));
    }
}
