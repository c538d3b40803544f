// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.List;
import java.util.Map;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter os}: the OSes of a running machine. */
@Command(
        name = "os",
        subcommands = {EventsCommand.class, PostmortemCommand.class},
        synopsisSubcommandLabel = "VERB",
        description = "Shows, starts and stops the OSes of a running machine.",
        commandListHeading = "%nVerbs:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter os list             all OSes, a line each",
            "  nanorouter os show guest -j    everything about one, as JSON",
            "  nanorouter os restart guest    the next epoch of one; the others go on",
            "  nanorouter os events -f        what happens to them, as it happens",
            "  nanorouter os panic guest      a failure on purpose: its endpoint aborts",
            "  nanorouter os postmortem guest -w f.pcapng    the last frames before it failed"
        })
final class OsCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A verb is missing; 'nanorouter os --help' names them");
    }

    @Command(name = "list", description = "Shows all OSes.")
    int list(@Mixin InstanceOption instance, @Mixin OutputOption output) {
        Object oses = KernelCalls.call(instance, "os.list", null).get("oses");
        Output out = output.output();
        if (out.isJson()) {
            out.json(oses);
            return ExitStatus.OK;
        }
        Output.Table table =
                out.table("NAME", "KIND", "STATE", ">EPOCH", ">PID", "ENDPOINT", ">RESTARTS", ">UPTIME s");
        for (Object entry : (List<?>) oses) {
            Map<?, ?> os = (Map<?, ?>) entry;
            table.row(os.get("name"), os.get("kind"), os.get("state"), os.get("epoch"), os.get("pid"), endpoint(os),
                    os.get("restarts"), os.get("uptime_s"));
        }
        table.print();
        return ExitStatus.OK;
    }

    private static String endpoint(Map<?, ?> os) {
        if (Boolean.TRUE.equals(os.get("ready"))) {
            return "ready";
        }
        return Boolean.TRUE.equals(os.get("attached")) ? "attached" : "none";
    }

    @Command(name = "show", description = "Shows everything about one OS.")
    int show(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", description = "Name of the OS.") String os) {
        return report(output, KernelCalls.call(instance, "os.show", os));
    }

    @Command(name = "start", description = "Starts an OS that is stopped or has failed.")
    int start(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", description = "Name of the OS.") String os) {
        return change(output, os, KernelCalls.call(instance, "os.start", os));
    }

    @Command(name = "stop", description = "Ends an OS: TERM to its init, KILL two seconds later.")
    int stop(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", description = "Name of the OS.") String os) {
        return change(output, os, KernelCalls.call(instance, "os.stop", os));
    }

    @Command(name = "restart", description = "Ends an OS and starts it again with new memory, as its next epoch.")
    int restart(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", description = "Name of the OS.") String os) {
        return change(output, os, KernelCalls.call(instance, "os.restart", os));
    }

    @Command(name = "panic", description = "Makes an OS panic: SIGABRT to its router or agent, which leaves a record.")
    int panic(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", description = "Name of the OS.") String os) {
        return inject(output, os, KernelCalls.call(instance, "os.panic", os));
    }

    @Command(name = "hang", description = "Makes an OS hang: SIGSTOP to its router or agent, which beats no more.")
    int hang(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", description = "Name of the OS.") String os) {
        return inject(output, os, KernelCalls.call(instance, "os.hang", os));
    }

    @Command(name = "resume", description = "Lets a hung OS go on: SIGCONT to its router or agent.")
    int resume(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", description = "Name of the OS.") String os) {
        return inject(output, os, KernelCalls.call(instance, "os.resume", os));
    }

    @Command(name = "kill", description = "Kills an OS: SIGKILL to its process 1.")
    int kill(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", description = "Name of the OS.") String os) {
        return inject(output, os, KernelCalls.call(instance, "os.kill", os));
    }

    static int inject(OutputOption option, String os, Map<String, Object> report) {
        Output out = option.output();
        if (out.isJson()) {
            out.json(report);
        } else {
            out.line(os + ": process " + report.get("pid") + " got the signal");
        }
        return ExitStatus.OK;
    }

    private static int change(OutputOption option, String os, Map<String, Object> report) {
        Output out = option.output();
        if (out.isJson()) {
            out.json(report);
        } else {
            out.line(os + ": " + report.get("state") + ", epoch " + report.get("epoch"));
        }
        return ExitStatus.OK;
    }

    private static int report(OutputOption option, Map<String, Object> report) {
        Output out = option.output();
        if (out.isJson()) {
            out.json(report);
            return ExitStatus.OK;
        }
        Output.Table table = out.table("KEY", "VALUE");
        report.forEach((key, value) -> {
            if (value instanceof Map<?, ?> nested) {
                nested.forEach((name, inner) -> table.row(key + "." + name, inner));
            } else if (value instanceof List<?> list) {
                table.row(key, String.join(" ", list.stream().map(String::valueOf).toList()));
            } else {
                table.row(key, value);
            }
        });
        table.print();
        return ExitStatus.OK;
    }
}
