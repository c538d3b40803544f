// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.io.PrintWriter;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.nanorouter.router.top.FlowSource;
import org.nanorouter.router.top.LiveTop;
import org.nanorouter.router.top.Sample;
import org.nanorouter.router.top.Sampler;
import org.nanorouter.router.top.TopModel;
import org.nanorouter.router.top.TopReport;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code nanorouter top}. */
@Command(
        name = "top",
        description = {
            "Shows the OSes, and what crosses their routers, as it happens.",
            "Keys: q ends it, h shows the others."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter top                  on a terminal, until q",
            "  nanorouter top --once           a table of one second",
            "  nanorouter top --batch -d 10    a table every ten seconds, for a file",
            "  nanorouter top --batch -j       an object a line: nanokernel, oses[], routers[] with ports[]"
        })
final class TopCommand implements Callable<Integer> {
    /** A machine that is busy answers late. */
    private static final Duration PATIENCE = Duration.ofMillis(900);
    private static final double NS_PER_S = 1e9;
    private static final double MIN_INTERVAL_S = 0.1;
    private static final double MAX_INTERVAL_S = 3600;
    private static final int SIGNALLED = 128;
    private static final int MAX_FLOWS = 10;
    private static final String ALTERNATIVES = "; --once shows one table, --batch one each interval";

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private RouterOption router = new RouterOption();

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = {"-d", "--delay"}, paramLabel = "SECONDS", defaultValue = "1",
            description = "Time between two samples, 0.1 to 3600. Default: 1.")
    private double delay;

    @Option(names = "--once", description = "One table of one interval, then it ends.")
    private boolean once;

    @Option(names = "--batch", description = "A table each interval, for files and pipes.")
    private boolean batch;

    @Option(names = {"-n", "--count"}, paramLabel = "N", description = "With --batch: so many tables, then it ends.")
    private int count;

    @Option(names = "--bytes", description = "Bytes in tables, not bits.")
    private boolean bytes;

    @Override
    public Integer call() throws IOException, InterruptedException {
        check();
        long interval = (long) (delay * NS_PER_S);
        TopDaemons daemons = new TopDaemons(router);
        try (Sampler sampler = new Sampler(daemons, PATIENCE, System::nanoTime);
                FlowSource flows = new CapturedFlows(daemons, System::nanoTime)) {
            return once || batch ? report(sampler, flows, interval) : live(sampler, flows, interval);
        }
    }

    private void check() {
        if (!(delay >= MIN_INTERVAL_S && delay <= MAX_INTERVAL_S)) {
            throw new CommandFailure(ExitStatus.USAGE, "-d " + delay + ": expected 0.1 to 3600 seconds");
        } else if (once && batch) {
            throw new CommandFailure(ExitStatus.USAGE, "--once and --batch exclude each other");
        } else if (count < 0 || count > 0 && !batch) {
            throw new CommandFailure(ExitStatus.USAGE, "-n is for --batch, and is 1 or more");
        } else if (output.json() && !once && !batch) {
            throw new CommandFailure(ExitStatus.USAGE, "-j is for --once and --batch");
        }
    }

    private int live(Sampler sampler, FlowSource flows, long interval) throws IOException, InterruptedException {
        String type = System.getenv("TERM");
        if (!Terminal.outputIsTerminal()) {
            throw new CommandFailure(ExitStatus.USAGE, "standard output is no terminal" + ALTERNATIVES);
        } else if (!Terminal.inputIsTerminal()) {
            throw new CommandFailure(ExitStatus.USAGE, "standard input is no terminal" + ALTERNATIVES);
        } else if (type == null || type.isEmpty() || type.startsWith("dumb")) {
            throw new CommandFailure(ExitStatus.USAGE, "this terminal cannot show it (TERM="
                    + (type == null ? "" : type) + ")" + ALTERNATIVES);
        }
        // The console of Linux knows UTF-8, and its font few of these characters.
        boolean unicode = System.getProperty("native.encoding", "").toUpperCase(Locale.ROOT).equals("UTF-8")
                && !type.equals("linux");
        int signal = new LiveTop(sampler, flows, interval).run(type, unicode, Terminal.outputHasColours());
        return signal == 0 ? ExitStatus.OK : SIGNALLED + signal;
    }

    private int report(Sampler sampler, FlowSource flows, long interval) {
        PrintWriter out = spec.commandLine().getOut();
        Output shown = output.output();
        TopModel model = new TopModel();
        Sample before = sampler.sample();
        model.add(before);
        flows.flows(MAX_FLOWS);
        long next = System.nanoTime();
        int rest = once ? 1 : count == 0 ? Integer.MAX_VALUE : count;
        for (int i = 0; i < rest; i++) {
            next += interval;
            awaitTime(next);
            Sample sample = sampler.sample();
            model.add(sample);
            model.add(flows.flows(MAX_FLOWS));
            String time = Instant.now().truncatedTo(ChronoUnit.MILLIS).toString();
            if (output.json()) {
                shown.jsonLine(TopReport.object(model, time, sample.atNs() - before.atNs()));
            } else {
                if (batch) {
                    out.println(i == 0 ? time : System.lineSeparator() + time);
                }
                TopReport.lines(model, !bytes).forEach(out::println);
            }
            before = sample;
            // Who reads may have seen enough.
            if (out.checkError()) {
                return ExitStatus.OK;
            }
        }
        return ExitStatus.OK;
    }

    private static void awaitTime(long time) {
        long left = time - System.nanoTime();
        while (left > 0) {
            LockSupport.parkNanos(left);
            left = time - System.nanoTime();
        }
    }
}
