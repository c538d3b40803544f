// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter status}: the machine as a tree, each router with its ports and totals, and what to do now. */
@Command(
        name = "status",
        description = {
            "Shows what runs, and what crosses: the nanokernel, the OSes with their processes, the routers with their "
                + "ports, the last events, and what to do about what is not well.",
            "Ends with 0 if a nanokernel or a router answers, be all well or not; with 69 if none does, or not the one "
                + "that was named."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter status            everything about the running instance",
            "  nanorouter status guest      one OS alone",
            "  nanorouter status -s         also how long each hop of a frame takes",
            "  nanorouter status -o host    one whose router has to answer",
            "  nanorouter status -j         one object: nanokernel, oses[], routers[], events[], hints[]"
        })
final class StatusCommand implements Callable<Integer> {
    private static final Path PROC = Path.of("/proc");
    /** In which drops that go on show. */
    private static final long LOOK_NS = 150_000_000;
    private static final int TIME_BEGIN = 11;
    private static final int TIME_END = 23;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RouterOption router = new RouterOption();

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = {"-n", "--events"}, paramLabel = "COUNT", defaultValue = "5",
            description = "How many of the last events are shown. Default: 5.")
    private int count;

    @Option(names = {"-s", "--statistics"}, description = "Also how long frames took through each hop, since the router"
            + " runs: in the ring from another OS, and in the router.")
    private boolean statistics;

    @Parameters(paramLabel = "OS", arity = "0..1", description = "Name of the OS to show. Default: all.")
    private @Nullable String os;

    @Override
    public Integer call() throws IOException {
        String only = os == null ? router.os() : os;
        if (router.os() != null && !router.os().equals(only)) {
            throw new ParameterException(spec.commandLine(), "'-o " + router.os() + "' and '" + os
                    + "' are two OSes");
        } else if (count < 0) {
            throw new ParameterException(spec.commandLine(), "-n " + count + ": expected 0 or more");
        }
        Map<String, Object> request = Map.of("verb", "status", "latency", statistics);
        long begin = System.nanoTime();
        MachineSnapshot machine = MachineSnapshot.none("not asked");
        RunDirectory directory = null;
        Map<String, Map<String, Object>> replies;
        if (router.isWithoutInstance()) {
            replies = router.ask(request);
        } else {
            directory = router.runDirectory();
            replies = router.os() == null ? router.survey(request, directory, only) : router.ask(request);
            machine = MachineSnapshot.take(directory.controlSocket(), only, count);
            if (machine.nanokernel() == null && replies.values().stream().noneMatch(RouterOption::isAnswer)) {
                throw new CommandFailure(ExitStatus.UNAVAILABLE, "instance " + directory.name()
                        + ": neither its nanokernel nor a router answers: " + machine.why());
            }
        }
        addProcesses(machine, replies);
        List<Hint> hints = directory == null ? List.of()
                : hints(machine, replies, directory, again(request, directory, replies, begin));
        Output out = output.output();
        if (out.isJson()) {
            out.json(report(machine, replies, hints));
        } else {
            show(out, Style.ofOutput(), machine, replies, hints, directory != null);
        }
        return ExitStatus.OK;
    }

    private static void addProcesses(MachineSnapshot machine, Map<String, Map<String, Object>> replies) {
        for (Map<String, Object> each : machine.oses()) {
            Map<?, ?> reply = replies.getOrDefault(Reply.text(each, "name"), Map.of());
            List<Map<String, Object>> processes = new ArrayList<>();
            if (each.get("pid") != null) {
                processes.addAll(new OsProcesses(PROC, reply).of(Reply.number(each, "pid")));
            } else if (RouterOption.isAnswer(reply) && reply.get("pid") != null) {
                // The machine's own Linux: of its processes only the routers are of interest.
                processes.addAll(new OsProcesses(PROC, reply).of(Reply.number(reply, "pid")));
                if (reply.get("standbys") instanceof List<?> standbys) {
                    for (Object pid : standbys) {
                        if (pid instanceof Number number) {
                            processes.addAll(new OsProcesses(PROC, reply).of(number.longValue()));
                        }
                    }
                }
            }
            each.put("processes", processes);
        }
    }

    /** Asks those routers again, a moment later, that have dropped something: by OS and port, what came to it. */
    private Map<String, Map<String, Long>> again(Map<String, Object> request, RunDirectory directory,
            Map<String, Map<String, Object>> replies, long begin) throws IOException {
        Map<String, Map<String, Long>> rising = new LinkedHashMap<>();
        for (Map.Entry<String, Map<String, Object>> each : replies.entrySet()) {
            if (Reply.number(Reply.object(each.getValue(), "totals"), "dropped_frames") == 0) {
                continue;
            }
            LockSupport.parkNanos(Math.max(0, LOOK_NS - (System.nanoTime() - begin)));
            Map<String, Long> before = drops(each.getValue());
            Map<String, Long> more = new LinkedHashMap<>();
            for (Map<String, Object> later : router.survey(request, directory, each.getKey()).values()) {
                drops(later).forEach((port, frames) -> {
                    long added = frames - before.getOrDefault(port, frames);
                    if (added > 0) {
                        more.put(port, added);
                    }
                });
            }
            rising.put(each.getKey(), more);
        }
        return rising;
    }

    private static Map<String, Long> drops(Map<?, ?> reply) {
        Map<String, Long> drops = new LinkedHashMap<>();
        for (Map<?, ?> port : Reply.objects(reply, "ports")) {
            drops.put(Reply.text(port, "name"), Reply.number(port, "dropped_frames"));
        }
        return drops;
    }

    private List<Hint> hints(MachineSnapshot machine, Map<String, Map<String, Object>> replies,
            RunDirectory directory, Map<String, Map<String, Long>> rising) {
        Hints hints = new Hints(router.instanceName() == null ? "" : " -I " + router.instanceName());
        hints.nanokernel(machine, StatusCommand.class.getPackage().getImplementationVersion());
        for (Map<String, Object> each : machine.oses()) {
            String name = Reply.text(each, "name");
            boolean dead = !replies.containsKey(name)
                    && Files.exists(directory.routerSocket(name), LinkOption.NOFOLLOW_LINKS);
            hints.os(each, replies.containsKey(name), dead);
        }
        replies.forEach((name, reply) -> hints.router(name, reply, rising.getOrDefault(name, Map.of())));
        return hints.all();
    }

    private static Map<String, @Nullable Object> report(MachineSnapshot machine,
            Map<String, Map<String, Object>> replies, List<Hint> hints) {
        Map<String, @Nullable Object> report = new LinkedHashMap<>();
        report.put("nanokernel", machine.nanokernel());
        report.put("oses", machine.oses());
        report.put("routers", new ArrayList<>(replies.values()));
        report.put("events", machine.events());
        report.put("hints", hints.stream().map(Hint::report).toList());
        return report;
    }

    /** {@code whole}: more than one router was meant. */
    static void show(Output out, Style style, MachineSnapshot machine, Map<String, Map<String, Object>> replies,
            List<Hint> hints, boolean whole) {
        if (whole) {
            new StatusTree(out, style).show(machine);
        }
        boolean first = !whole;
        for (Map<String, Object> reply : replies.values()) {
            if (!first) {
                out.line("");
            }
            first = false;
            new RouterView(out, style).show(reply);
        }
        if (!machine.events().isEmpty()) {
            out.line("");
            out.painted(style.bold("Last events"));
            for (Map<?, ?> event : machine.events()) {
                event(out, style, event);
            }
        }
        if (!hints.isEmpty()) {
            out.line("");
            out.painted(style.bold("What to do now"));
            for (Hint hint : hints) {
                paragraph(out, style, "  ", hint.about() + ": " + hint.text());
                for (String command : hint.commands()) {
                    // Whole, so that it can be copied.
                    out.painted("    " + style.doubtful(Output.printable(command)));
                }
            }
        }
    }

    private static void event(Output out, Style style, Map<?, ?> event) {
        String time = Reply.text(event, "time");
        String change = event.get("to") == null ? "" : event.get("from") + " -> " + event.get("to") + ", ";
        paragraph(out, style, "  ", (time.length() > TIME_END ? time.substring(TIME_BEGIN, TIME_END) + "Z" : time) + " "
                + event.get("os") + ": " + change + event.get("reason"));
    }

    private static void paragraph(Output out, Style style, String indent, String text) {
        String prefix = indent;
        for (String line : style.wrap(Output.printable(text), indent.length() + 2)) {
            out.painted(prefix + line);
            prefix = indent + "  ";
        }
    }
}
