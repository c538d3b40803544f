// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code nanorouter os events}: what happened to the OSes. */
@Command(name = "events", description = "Shows what happened to the OSes: every change of a state, with its reason.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter os events           all that are kept",
            "  nanorouter os events guest     those of one OS",
            "  nanorouter os events -f -j     as they happen, a JSON object a line"
        })
final class EventsCommand implements Subcommand {
    private static final long FOLLOW_PERIOD_NS = 200_000_000;

    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = {"-f", "--follow"}, description = "Goes on as more happens, until it is interrupted.")
    private boolean follow;

    @Parameters(paramLabel = "OS", arity = "0..1", description = "Name of one OS. Default: all.")
    private @Nullable String os;

    @Override
    public Integer call() {
        Output out = output.output();
        long since = 0;
        do {
            Map<String, Object> reply = KernelCalls.call(instance, "os.events", os, Map.of("since", since));
            List<?> events = (List<?>) reply.get("events");
            if (out.isJson() && !follow) {
                out.json(events);
            } else {
                events.forEach(event -> show(out, (Map<?, ?>) event));
            }
            since = ((Number) reply.get("last")).longValue();
            if (follow) {
                LockSupport.parkNanos(FOLLOW_PERIOD_NS);
            }
        } while (follow);
        return ExitStatus.OK;
    }

    private static void show(Output out, Map<?, ?> event) {
        if (out.isJson()) {
            out.jsonLine(event);
            return;
        }
        String change = event.get("to") == null ? "-" : event.get("from") + " -> " + event.get("to");
        out.line(String.format("%s  %-12s epoch %-4s %-24s %s", event.get("time"), event.get("os"), event.get("epoch"),
                change, event.get("reason")));
    }
}
