// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.List;
import java.util.Map;

/** Shows a router with its ports and totals. */
final class RouterView {
    private final Output out;
    private final Style style;

    RouterView(Output out, Style style) {
        this.out = out;
        this.style = style;
    }

    void show(Map<String, Object> reply) {
        out.heading("router " + Reply.text(reply, "name"));
        if (!RouterOption.isAnswer(reply)) {
            facts(Reply.text(reply, "state") + ": " + Reply.text(reply, "why"));
            return;
        }
        facts(Reply.text(reply, "state") + " for " + Reply.number(reply, "uptime_s") + " s, pid "
                + Reply.number(reply, "pid") + " leads" + standbys(reply) + ", nanokernel "
                + Reply.text(reply, "nanokernel")
                + (reply.containsKey("epoch") ? ", OS " + reply.get("os") + " epoch " + reply.get("epoch") : "")
                + ", " + Reply.number(reply, "fdb_entries") + " addresses known");
        PortCommand.table(out, Reply.objects(reply, "ports"), style.columns());
        Map<?, ?> totals = Reply.object(reply, "totals");
        facts("total: received " + Reply.count(totals, "received_frames") + " = forwarded "
                + Reply.count(totals, "forwarded_frames") + " + dropped " + Reply.count(totals, "dropped_frames"));
        if (Reply.number(totals, "undelivered_frames") + Reply.number(totals, "unread_frames") > 0) {
            facts("lost with peers: " + Reply.count(totals, "undelivered_frames") + " sent to them, "
                    + Reply.count(totals, "unread_frames") + " sent by them");
        }
        if (Reply.number(reply, "sessions_ended") > 0) {
            facts("TCP sessions with dead peers that were ended: " + Reply.count(reply, "sessions_ended"));
        }
        if (!Reply.object(reply, "quarantines").isEmpty()) {
            facts("quarantined: " + Reply.object(reply, "quarantines"));
        }
    }

    private static String standbys(Map<String, Object> reply) {
        return reply.get("standbys") instanceof List<?> pids && !pids.isEmpty()
            ? ", standby " + String.join(" ", pids.stream().map(String::valueOf).toList()) : "";
    }

    private void facts(String text) {
        for (String line : style.wrap(Output.printable(text), 2)) {
            out.painted("  " + line);
        }
    }
}
