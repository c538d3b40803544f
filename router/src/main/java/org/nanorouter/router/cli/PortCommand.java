// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter port}: the ports of the routers. */
@Command(
        name = "port",
        subcommands = {PortCommand.ListCommand.class, PortCommand.ShowCommand.class},
        description = "Shows the ports of the routers and their counters.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter port list        all ports",
            "  nanorouter port show nk0    everything about one",
            "  nanorouter port list -j     one object: ports[], each with all counters"
        })
final class PortCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "One of 'list' and 'show' is missing");
    }

    /** Prints ports as a table. */
    static void table(Output out, List<Map<?, ?>> ports) {
        table(out, ports, 0);
    }

    /** The same for a terminal of so many columns; 0: any number. */
    static void table(Output out, List<Map<?, ?>> ports, int columns) {
        Output.Table table = out.table("PORT", "KIND", "STATE", ">IN", ">IN BYTES", ">OUT", ">OUT BYTES", ">DROPPED",
            "WHY");
        for (Map<?, ?> port : ports) {
            table.row(port.get("name"), port.get("kind"), port.get("state"), Reply.count(port, "received_frames"),
                Reply.count(port, "received_bytes"), Reply.count(port, "sent_frames"),
                Reply.count(port, "sent_bytes"), Reply.count(port, "dropped_frames"), Reply.drops(port));
        }
        table.print(columns);
    }

    private static List<Map<?, ?>> ports(RouterOption router, @Nullable String name) throws IOException {
        List<Map<?, ?>> ports = new ArrayList<>();
        for (Map<String, Object> reply : router.ask(Map.of("verb", "port")).values()) {
            if (!RouterOption.isAnswer(reply) && name == null) {
                // One row stands for all ports of a router that says nothing.
                ports.add(Map.of("name", "of OS " + reply.get("os"), "state", Reply.text(reply, "state"),
                    "why", Reply.text(reply, "why")));
            }
            for (Map<?, ?> port : Reply.objects(reply, "ports")) {
                if (name == null || name.equals(port.get("name"))) {
                    ports.add(port);
                }
            }
        }
        return ports;
    }

    /** {@code nanorouter port list}. */
    @Command(name = "list", description = "List all ports.")
    static final class ListCommand implements Callable<Integer> {
        @Mixin
        private RouterOption router = new RouterOption();

        @Mixin
        private OutputOption output = new OutputOption();

        @Override
        public Integer call() throws IOException {
            List<Map<?, ?>> ports = ports(router, null);
            Output out = output.output();
            if (out.isJson()) {
                out.json(Map.of("ports", ports));
            } else {
                table(out, ports);
            }
            return ExitStatus.OK;
        }
    }

    /** {@code nanorouter port show}. */
    @Command(name = "show", description = "Show everything about one port.")
    static final class ShowCommand implements Callable<Integer> {
        @Mixin
        private RouterOption router = new RouterOption();

        @Mixin
        private OutputOption output = new OutputOption();

        @Parameters(paramLabel = "PORT", description = "Name of the port.")
        private String name = "";

        @Override
        public Integer call() throws IOException {
            List<Map<?, ?>> ports = ports(router, name);
            if (ports.isEmpty()) {
                throw new CommandFailure(ExitStatus.UNAVAILABLE, "there is no port " + name
                    + "; 'nanorouter port list' shows them");
            }
            Output out = output.output();
            if (out.isJson()) {
                out.json(ports.get(0));
            } else {
                ports.forEach(port -> show(out, port));
            }
            return ExitStatus.OK;
        }

        private static void show(Output out, Map<?, ?> port) {
            out.heading("port " + port.get("name"));
            Output.Table table = out.table("KEY", "VALUE");
            port.forEach((key, value) -> {
                if (!(value instanceof Map)) {
                    table.row(key, value);
                }
            });
            Reply.object(port, "drops").forEach((reason, frames) -> table.row("drops." + reason, frames));
            Reply.object(port, "details").forEach((key, value) -> table.row("details." + key, value));
            Reply.object(port, "latency").forEach((hop, times) -> ((Map<?, ?>) times)
                .forEach((key, value) -> table.row("latency." + hop + "." + key, value)));
            table.print();
        }
    }
}
