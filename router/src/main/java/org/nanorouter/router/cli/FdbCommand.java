// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code nanorouter fdb}: which Ethernet address is behind which port. */
@Command(
        name = "fdb",
        subcommands = {FdbCommand.ListCommand.class, FdbCommand.FlushCommand.class},
        description = "Shows or empties the forwarding database: which Ethernet address is behind which port.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter fdb list      all addresses",
            "  nanorouter fdb flush     forget those that were learned",
            "  nanorouter fdb list -j   one object: entries[] with mac, vlan, port, age_ms"
        })
final class FdbCommand implements Runnable {
    private static final long MS_PER_SECOND = 1000;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "One of 'list' and 'flush' is missing");
    }

    /** {@code nanorouter fdb list}. */
    @Command(name = "list", description = "Lists all addresses.")
    static final class ListCommand implements Callable<Integer> {
        @Mixin
        private RouterOption router = new RouterOption();

        @Mixin
        private OutputOption output = new OutputOption();

        @Override
        public Integer call() throws IOException {
            List<Map<?, ?>> entries = new ArrayList<>();
            Map<String, Map<String, Object>> replies = router.ask(Map.of("verb", "fdb"));
            replies.values().forEach(reply -> entries.addAll(Reply.objects(reply, "entries")));
            Output out = output.output();
            if (out.isJson()) {
                out.json(Map.of("entries", entries));
                return ExitStatus.OK;
            }
            Output.Table table = out.table("ADDRESS", ">VLAN", "PORT", ">AGE", "PINNED");
            for (Map<?, ?> entry : entries) {
                table.row(entry.get("mac"), entry.get("vlan"), entry.get("port"),
                    Reply.number(entry, "age_ms") / MS_PER_SECOND + " s",
                    Boolean.TRUE.equals(entry.get("pinned")) ? "yes" : null);
            }
            replies.values().stream().filter(reply -> !RouterOption.isAnswer(reply))
                .forEach(reply -> table.row(reply.get("state"), null, "of OS " + reply.get("os"), null, null));
            table.print();
            return ExitStatus.OK;
        }
    }

    /** {@code nanorouter fdb flush}. */
    @Command(name = "flush", description = "Forgets all addresses that were learned.")
    static final class FlushCommand implements Callable<Integer> {
        @Mixin
        private RouterOption router = new RouterOption();

        @Mixin
        private OutputOption output = new OutputOption();

        @Override
        public Integer call() throws IOException {
            long removed = 0;
            for (Map<String, Object> reply : router.ask(Map.of("verb", "fdb-flush")).values()) {
                removed += Reply.number(reply, "removed");
            }
            Output out = output.output();
            if (out.isJson()) {
                out.json(Map.of("removed", removed));
            } else {
                out.line(removed + " addresses forgotten");
            }
            return ExitStatus.OK;
        }
    }
}
