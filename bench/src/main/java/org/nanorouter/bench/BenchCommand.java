// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.nanorouter.router.cli.CommandFailure;
import org.nanorouter.router.cli.ExitStatus;
import org.nanorouter.router.cli.Subcommand;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nanorouter bench}: throughput, packet rate, round trip and CPU cost beside other ways to connect two OSes. */
@Command(
        name = "bench",
        description = "Measures the path from OS to OS beside a veth pair and other switches.",
        subcommands = NanokernelCommand.class,
        commandListHeading = "%nVerbs:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter bench                      nanorouter and veth",
            "  nanorouter bench --peers all          beside every peer that is installed",
            "  nanorouter bench --peers ovs,vde -j   chosen peers, as JSON",
            "  nanorouter bench nanokernel           messages, rings and semaphores between programs"
        })
public final class BenchCommand implements Subcommand {
    @Option(
            names = "--peers",
            paramLabel = "LIST",
            split = ",",
            description = {
                "Also measure these: socat, vde, ovs, dpdk, or all of them. Default: none.",
                "captured: this program again, while a capture writes all frames to files."
            })
    private List<String> peers = List.of();

    @Option(
            names = "--seconds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Length of each iperf3 run, 1 to 60. Default: ${DEFAULT-VALUE}.")
    private int seconds;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Rounds through all contenders, 1 to 50; medians are shown. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(
            names = "--congestion",
            paramLabel = "NAME",
            defaultValue = "cubic",
            description = {
                "Congestion control of TCP. Default: ${DEFAULT-VALUE}, which sends as fast as the wire takes it;",
                "one that paces, as bbr does, measures its own model of the wire."
            })
    private String congestion;

    @Option(
            names = {"-j", "--json"},
            description = "Show one JSON object: a key for each contender, then one for each figure.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public Integer call() throws IOException, InterruptedException {
        List<Contender> contenders = chosen();
        if (seconds < 1 || seconds > 60 || rounds < 1 || rounds > 50) {
            throw new CommandFailure(ExitStatus.USAGE, "--seconds=" + seconds + " --rounds=" + rounds
                    + ": expected 1 to 60 and 1 to 50");
        }
        for (String program : List.of("ip", "iperf3", "ping")) {
            if (!Programs.installed(program)) {
                throw new CommandFailure(ExitStatus.UNAVAILABLE, program + " is not installed; it measures");
            }
        }
        Report report = new Report();
        for (int round = 1; round <= rounds; round++) {
            for (Contender contender : contenders) {
                if (!report.isSkipped(contender)) {
                    say("round " + round + " of " + rounds + ": " + contender.key());
                    measure(contender, report);
                }
            }
        }
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            report.printJson(out, contenders);
        } else {
            report.printTable(out, contenders);
            out.println("TCP with congestion control " + congestion + ".");
        }
        return report.isSkipped(Contender.NANOROUTER) ? ExitStatus.FAILED : ExitStatus.OK;
    }

    private void measure(Contender contender, Report report) throws InterruptedException {
        List<String> missing = contender.missing();
        if (!missing.isEmpty()) {
            report.skip(contender, "not installed: " + String.join(", ", missing));
            return;
        }
        try (Site site = new Site()) {
            try {
                Wire wire = contender.lay(site);
                Site.awaitAnswer(wire);
                Map<Figure, Double> figures = Measurement.take(wire, seconds, congestion);
                report.add(contender, figures);
                say("  " + figures.entrySet().stream()
                        .map(entry -> String.format("%s %.2f", entry.getKey().title(), entry.getValue()))
                        .collect(Collectors.joining(", ")));
            } catch (IOException e) {
                report.skip(contender, e.getMessage() + "\n" + site.logTail());
                say("  failed: " + e.getMessage());
            }
        } catch (IOException e) {
            report.skip(contender, e.getMessage());
        }
    }

    private List<Contender> chosen() {
        List<Contender> contenders = new ArrayList<>(List.of(Contender.NANOROUTER, Contender.VETH));
        if (peers.contains(Contender.CAPTURED.key())) {
            contenders.add(1, Contender.CAPTURED);
        }
        for (Contender peer : List.of(Contender.SOCAT, Contender.VDE, Contender.OVS, Contender.DPDK)) {
            if (peers.contains("all") || peers.contains(peer.key())) {
                contenders.add(peer);
            }
        }
        List<String> known = Arrays.stream(Contender.values()).map(Contender::key).toList();
        for (String name : peers) {
            if (!name.equals("all") && !known.contains(name)) {
                throw new CommandFailure(ExitStatus.USAGE, "--peers=" + name + ": expected all or some of "
                        + String.join(", ", known));
            }
        }
        return contenders;
    }

    private void say(String progress) {
        spec.commandLine().getErr().println(progress);
    }
}
