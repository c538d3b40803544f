// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.router.doctor.Doctor;
import org.nanorouter.router.doctor.Finding;
import org.nanorouter.router.doctor.RunningInstance;
import org.nanorouter.router.doctor.Surroundings;
import org.nanorouter.router.doctor.Verdict;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nanorouter doctor}: whether this machine has what Nanorouter needs, and how to mend what is missing. */
@Command(
        name = "doctor",
        description = {
            "Checks this machine for what Nanorouter needs, and what runs on it, and says how to mend what it finds.",
            "It changes nothing: what has to be tried is tried in a cell of its own, which is gone at once.",
            "Ends with 0 if nothing failed, warnings or not; with 1 if something did."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter doctor          what is not well, and how many checks were",
            "  nanorouter doctor -v       every check",
            "  nanorouter doctor -j       one object: checks[] with verdict, found, advice, commands"
        })
final class DoctorCommand implements Callable<Integer> {
    private static final int MARK_WIDTH = 8;

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = {"-v", "--verbose"}, description = "Show the checks that found nothing wrong, too.")
    private boolean verbose;

    @Override
    public Integer call() {
        List<Finding> findings = Doctor.examine(Surroundings.own(DoctorCommand::running));
        Output out = output.output();
        if (out.isJson()) {
            out.json(report(findings));
        } else {
            show(out, Style.ofOutput(), findings, verbose);
        }
        return count(findings, Verdict.FAIL) == 0 ? ExitStatus.OK : ExitStatus.FAILED;
    }

    private static int count(List<Finding> findings, Verdict verdict) {
        int count = 0;
        for (Finding finding : findings) {
            count += finding.verdict() == verdict ? 1 : 0;
        }
        return count;
    }

    private static Map<String, Object> report(List<Finding> findings) {
        List<Map<String, Object>> checks = new ArrayList<>();
        for (Finding finding : findings) {
            Map<String, Object> check = new LinkedHashMap<>();
            check.put("group", finding.group());
            check.put("name", finding.name());
            check.put("verdict", finding.verdict().label());
            check.put("found", finding.found());
            check.put("advice", finding.advice());
            check.put("commands", finding.commands());
            checks.add(check);
        }
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("checks", checks);
        for (Verdict verdict : Verdict.values()) {
            report.put(verdict.label(), count(findings, verdict));
        }
        return report;
    }

    /** {@code everything}: those that found nothing wrong, too. */
    static void show(Output out, Style style, List<Finding> findings, boolean everything) {
        String group = "";
        for (Finding finding : findings) {
            boolean wrong = finding.verdict() == Verdict.WARN || finding.verdict() == Verdict.FAIL;
            if (!wrong && !everything) {
                continue;
            }
            if (everything && !group.equals(finding.group())) {
                group = finding.group();
                out.painted(style.bold(group));
            }
            String name = everything ? finding.name() : finding.group() + ", " + finding.name();
            List<String> lines = style.wrap(Output.printable(name + ": " + finding.found()), MARK_WIDTH);
            out.painted(mark(style, finding.verdict()) + lines.get(0));
            indented(out, lines.subList(1, lines.size()));
            if (wrong) {
                indented(out, style.wrap(Output.printable(finding.advice()), MARK_WIDTH));
                for (String command : finding.commands()) {
                    // Whole, so that it can be copied.
                    out.painted(" ".repeat(MARK_WIDTH + 2) + style.bold(Output.printable(command)));
                }
            }
        }
        out.line(count(findings, Verdict.OK) + " ok, " + count(findings, Verdict.WARN) + " warnings, "
                + count(findings, Verdict.FAIL) + " failed, " + count(findings, Verdict.SKIPPED) + " skipped");
    }

    private static void indented(Output out, List<String> lines) {
        for (String line : lines) {
            out.painted(" ".repeat(MARK_WIDTH) + line);
        }
    }

    private static String mark(Style style, Verdict verdict) {
        String text = verdict.label();
        String painted = switch (verdict) {
            case OK -> style.good(text);
            case WARN -> style.doubtful(text);
            case FAIL -> style.bad(text);
            case SKIPPED -> text;
        };
        return painted + " ".repeat(MARK_WIDTH - text.length());
    }

    /** What the daemons say that this user may ask. */
    private static List<RunningInstance> running() {
        List<RunningInstance> running = new ArrayList<>();
        try {
            for (RunDirectory directory : RunDirectory.living(RunDirectory.base())) {
                MachineSnapshot machine = MachineSnapshot.take(directory.controlSocket(), null, 0);
                Map<String, Object> nanokernel = machine.nanokernel();
                if (nanokernel != null) {
                    running.add(instance(directory, nanokernel, machine));
                }
            }
        } catch (IOException e) {
            // A directory that this user may not read; the checks for what is left in it say so.
            return running;
        }
        return running;
    }

    private static RunningInstance instance(RunDirectory directory, Map<String, Object> nanokernel,
            MachineSnapshot machine) throws IOException {
        List<RunningInstance.Daemon> daemons = new ArrayList<>();
        daemons.add(new RunningInstance.Daemon("the nanokernel", Reply.number(nanokernel, "pid"),
                version(nanokernel)));
        daemons.add(new RunningInstance.Daemon("its keeper", Reply.number(nanokernel, "keeper_pid"), null));
        Map<String, Map<String, Object>> routers =
                new RouterOption().survey(Map.of("verb", "port"), directory, null);
        Map<String, Map<String, Object>> states = new RouterOption().survey(Map.of("verb", "status"), directory, null);
        List<RunningInstance.Os> oses = new ArrayList<>();
        for (Map<String, Object> os : machine.oses()) {
            String name = Reply.text(os, "name");
            Map<String, Object> router = states.getOrDefault(name, Map.of());
            boolean external = os.get("pid") == null;
            long endpoint = Reply.number(os, "endpoint_pid");
            daemons.add(new RunningInstance.Daemon("the endpoint of OS " + name, endpoint, version(router)));
            // An OS without a process of its own has the network of its router.
            long pid = external ? endpoint : Reply.number(os, "pid");
            if (pid > 0) {
                oses.add(new RunningInstance.Os(name, pid, taps(routers.getOrDefault(name, Map.of()))));
            }
        }
        double uptime = nanokernel.get("uptime_s") instanceof Number seconds ? seconds.doubleValue() : 0;
        return new RunningInstance(directory.name(), directory.controlSocket(), uptime, daemons,
                oses);
    }

    private static @Nullable String version(Map<?, ?> reply) {
        return reply.get("version") instanceof String version ? version : null;
    }

    private static List<String> taps(Map<?, ?> router) {
        List<String> taps = new ArrayList<>();
        for (Map<?, ?> port : Reply.objects(router, "ports")) {
            if ("tap".equals(port.get("kind"))) {
                taps.add(Reply.text(Reply.object(port, "details"), "device"));
            }
        }
        return taps;
    }
}
