// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import org.nanorouter.router.cli.CommandFailure;
import org.nanorouter.router.cli.ExitStatus;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nanorouter bench nanokernel}: what programs of different OSes pay to work together. */
@Command(
        name = "nanokernel",
        description = "Measures messages, rings, semaphores and attaching, beside eventfd, unix socket and Agrona.")
final class NanokernelCommand implements Callable<Integer> {
    private static final int ROUND_TRIPS = 20_000;
    private static final int MESSAGES = 5_000_000;
    private static final int SEMAPHORE_TURNS = 2_000_000;
    private static final int[] MACHINES = {8, 16, 32};
    private static final double NS_PER_US = 1_000;
    private static final double NS_PER_S = 1e9;
    private static final long MIB = 1 << 20;
    private static final int PAIRS_A_ROUND = 3;
    private static final int SMALL_PAYLOAD = 64;
    /** Of an Ethernet frame. */
    private static final int FRAME_PAYLOAD = 1500;

    @Option(
            names = "--rounds",
            paramLabel = "N",
            defaultValue = "3",
            description = "Rounds, 1 to 50; medians are shown. Default: ${DEFAULT-VALUE}.")
    private int rounds;

    @Option(names = "--no-ring", description = "Leave out the ring beside Agrona's, which takes 45 s a round.")
    private boolean noRing;

    @Option(names = {"-j", "--json"}, description = "Show one JSON object.")
    private boolean json;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    private final Map<String, List<Double>> figures = new LinkedHashMap<>();
    private final Map<String, String> units = new LinkedHashMap<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (rounds < 1 || rounds > 50) {
            throw new CommandFailure(ExitStatus.USAGE, "--rounds=" + rounds + ": expected 1 to 50");
        }
        for (int round = 1; round <= rounds; round++) {
            say("round " + round + " of " + rounds);
            try (Site site = new Site()) {
                measurePrograms(new ExternalMachine(site, "pair", 2));
            }
        }
        for (int oses : MACHINES) {
            say(oses + " OSes");
            try (Site site = new Site()) {
                ExternalMachine machine = new ExternalMachine(site, "ring" + oses, oses);
                add("attach " + oses + " OSes", "s", machine.attachAll() / NS_PER_S);
                add("regions of " + oses + " OSes", "MiB", machine.regionBytes() / (double) MIB);
                add("RSS of the nanokernel with " + oses + " OSes", "MiB", machine.residentBytes() / (double) MIB);
            }
        }
        for (int round = 1; !noRing && round <= rounds; round++) {
            say("the ring beside Agrona's, round " + round + " of " + rounds);
            for (int pair = 0; pair < PAIRS_A_ROUND; pair++) {
                compareRings(SMALL_PAYLOAD);
                compareRings(FRAME_PAYLOAD);
            }
        }
        print(spec.commandLine().getOut());
        return ExitStatus.OK;
    }

    private void measurePrograms(ExternalMachine machine) throws IOException, InterruptedException {
        String count = Integer.toString(ROUND_TRIPS);
        double[] eventFd = roundTrip("eventfd", machine.run("os0", "eventfd", count));
        double[] socket = roundTrip("unix socket", machine.run("os0", "socket", count));
        machine.start("os1", "answer", "echo");
        double[] ours = roundTrip("message", machine.run("os0", "ask", "os1", "echo", count));
        add("message p50, times the eventfd's", "", ours[0] / eventFd[0]);
        add("message p50, times the unix socket's", "", ours[0] / socket[0]);
        Process stream = machine.start("os0", "stream", "os1", "sink", Integer.toString(MESSAGES));
        add("64-byte messages one way", "million/s", number(machine.run("os1", "take", "sink",
                Integer.toString(MESSAGES))) / 1e6);
        stream.waitFor();
        add("semaphore, uncontended", "ns", number(machine.run("os0", "semaphore",
                Integer.toString(SEMAPHORE_TURNS))));
    }

    private void compareRings(int payload) throws IOException {
        RingComparison ring = RingComparison.measure(payload);
        add("ring, " + payload + " bytes", "million/s", ring.ours() / 1e6);
        add("ring of Agrona, " + payload + " bytes", "million/s", ring.agronas() / 1e6);
        add("ring, " + payload + " bytes, times Agrona's", "", ring.ours() / ring.agronas());
    }

    private double[] roundTrip(String what, String line) {
        String[] words = line.strip().split(" ");
        double[] times = {Double.parseDouble(words[0]), Double.parseDouble(words[1])};
        add("round trip, " + what + ", p50", "us", times[0] / NS_PER_US);
        add("round trip, " + what + ", p99", "us", times[1] / NS_PER_US);
        return times;
    }

    private static double number(String line) {
        return Double.parseDouble(line.strip());
    }

    private void add(String what, String unit, double value) {
        figures.computeIfAbsent(what, key -> new ArrayList<>()).add(value);
        units.put(what, unit);
    }

    private void print(PrintWriter out) throws IOException {
        Map<String, Object> all = new LinkedHashMap<>();
        figures.forEach((what, values) -> {
            double median = Report.median(values);
            if (json) {
                all.put((what + (units.get(what).isEmpty() ? "" : ", " + units.get(what))),
                        Math.round(median * 1000) / 1000.0);
            } else {
                out.printf("%-48s %10.2f %s%n", what, median, units.get(what));
            }
        });
        if (json) {
            out.println(JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT).asString(all));
        } else {
            out.println();
            out.println("Medians over the rounds. Programs of two OSes, in C, each a process of its own.");
        }
    }

    private void say(String progress) {
        spec.commandLine().getErr().println(progress);
    }
}
