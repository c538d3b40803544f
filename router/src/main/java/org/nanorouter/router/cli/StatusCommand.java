// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code nanorouter status}: each router with its ports and totals. */
@Command(
        name = "status",
        description = "Shows the routers, their ports, and what crosses them.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter status            every router of the running instance",
            "  nanorouter status -o host    the one of this OS",
            "  nanorouter status -j         one object: routers[] with ports[], totals and drops"
        })
final class StatusCommand implements Callable<Integer> {
    @Mixin
    private RouterOption router = new RouterOption();

    @Mixin
    private OutputOption output = new OutputOption();

    @Override
    public Integer call() throws IOException {
        Map<String, Map<String, Object>> replies = router.ask(Map.of("verb", "status"));
        Output out = output.output();
        if (out.isJson()) {
            out.json(Map.of("routers", new ArrayList<>(replies.values())));
        } else {
            replies.values().forEach(reply -> show(out, reply));
        }
        return ExitStatus.OK;
    }

    private static String standbys(Map<String, Object> reply) {
        return reply.get("standbys") instanceof List<?> pids && !pids.isEmpty()
            ? ", standby " + String.join(" ", pids.stream().map(String::valueOf).toList()) : "";
    }

    private static void show(Output out, Map<String, Object> reply) {
        out.heading("router " + Reply.text(reply, "name"));
        if (!RouterOption.isAnswer(reply)) {
            out.line("  " + Reply.text(reply, "state") + ": " + Reply.text(reply, "why"));
            return;
        }
        out.line("  " + Reply.text(reply, "state") + " for " + Reply.number(reply, "uptime_s") + " s, pid "
            + Reply.number(reply, "pid") + " leads" + standbys(reply) + ", nanokernel "
            + Reply.text(reply, "nanokernel")
            + (reply.containsKey("epoch") ? ", OS " + reply.get("os") + " epoch " + reply.get("epoch") : "")
            + ", " + Reply.number(reply, "fdb_entries") + " addresses known");
        PortCommand.table(out, Reply.objects(reply, "ports"));
        Map<?, ?> totals = Reply.object(reply, "totals");
        out.line("  total: received " + Reply.count(totals, "received_frames") + " = forwarded "
            + Reply.count(totals, "forwarded_frames") + " + dropped " + Reply.count(totals, "dropped_frames"));
        if (Reply.number(totals, "undelivered_frames") + Reply.number(totals, "unread_frames") > 0) {
            out.line("  lost with peers: " + Reply.count(totals, "undelivered_frames") + " sent to them, "
                + Reply.count(totals, "unread_frames") + " sent by them");
        }
        if (Reply.number(reply, "sessions_ended") > 0) {
            out.line("  TCP sessions with dead peers that were ended: " + Reply.count(reply, "sessions_ended"));
        }
        if (!Reply.object(reply, "quarantines").isEmpty()) {
            out.line("  quarantined: " + Reply.object(reply, "quarantines"));
        }
    }
}
