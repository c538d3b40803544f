// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.List;
import java.util.Map;

/** Shows a router with its ports and totals. */
final class RouterView {
    private static final int NS_PER_TENTH_US = 100;

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
        latency(Reply.objects(reply, "ports"));
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

    /** Only if it was asked for. */
    private void latency(List<Map<?, ?>> ports) {
        if (ports.stream().noneMatch(port -> port.containsKey("latency"))) {
            return;
        }
        out.line("");
        Output.Table table = out.table("FROM PORT", "HOP", ">BATCHES", ">P50 us", ">P90", ">P99", ">MAX");
        for (Map<?, ?> port : ports) {
            hop(table, port, "ring", "in the ring from the peer");
            hop(table, port, "router", "in the router");
        }
        table.print();
        out.line("");
    }

    private static void hop(Output.Table table, Map<?, ?> port, String key, String name) {
        Map<?, ?> times = Reply.object(Reply.object(port, "latency"), key);
        if (!times.isEmpty()) {
            table.row(port.get("name"), name, Reply.count(times, "batches"), micros(times, "p50_ns"),
                micros(times, "p90_ns"), micros(times, "p99_ns"), micros(times, "max_ns"));
        }
    }

    private static String micros(Map<?, ?> times, String key) {
        long tenths = Reply.number(times, key) / NS_PER_TENTH_US;
        return tenths / 10 + "." + tenths % 10;
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
