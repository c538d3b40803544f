// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.router.chaos.Chaos;
import org.nanorouter.router.chaos.ChaosResult;
import org.nanorouter.router.chaos.ChaosSettings;
import org.nanorouter.router.chaos.Trouble;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nanorouter chaos}. */
@Command(
        name = "chaos",
        description = {
            "Lets OSes and routers of a running machine fail at random, under traffic whose every byte is checked.",
            "Shows when each failure was noticed and when it was over. Ends with 1 if anything did not recover, or was",
            "harmed that was not to be."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter chaos                            a minute, against 'nanorouter demo --stay'",
            "  nanorouter chaos --seconds 300 --seed 1 -j  five minutes, the result as JSON",
            "  nanorouter chaos --kinds panic,hang --os guest --count 50"
        })
final class ChaosCommand implements Subcommand {
    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Mixin
    private OutputOption output = new OutputOption();

    @Option(names = "--seconds", paramLabel = "N", defaultValue = "-1",
            description = "For how long failures are begun. Default: 60, or no limit with --count.")
    private int seconds;

    @Option(names = "--count", paramLabel = "N", defaultValue = "0", description = "Failures at most. Default: any.")
    private int count;

    @Option(names = "--seed", paramLabel = "S", description = "Draws the same failures again. Default: a new one.")
    private Long seed = System.nanoTime();

    @Option(names = "--kinds", paramLabel = "LIST", split = ",",
            description = {
                "panic, hang, kill: of an OS; router: kill of its router or agent alone; slow: that one stops for less",
                "than the deadline; doorbell: doorbells are lost; garbage: in the rings of an OS, which is to have",
                "restart.quarantined = restart. Default: all."
            })
    private List<String> kinds = List.of();

    @Option(names = "--os", paramLabel = "LIST", split = ",", description = "OSes that fail. Default: all cells.")
    private List<String> oses = List.of();

    @Option(names = "--pause", paramLabel = "MS", defaultValue = "200",
            description = "Between two failures, on the average, in ms. Default: ${DEFAULT-VALUE}.")
    private int pauseMs;

    @Override
    public Integer call() throws InterruptedException {
        Output out = output.output();
        int length = seconds >= 0 ? seconds : count > 0 ? 0 : 60;
        if (length > 86_400 || count < 0 || pauseMs < 0 || pauseMs > 60_000 || length == 0 && count == 0) {
            throw new CommandFailure(ExitStatus.USAGE, "expected --seconds 1 to 86400, --count 1 or more, "
                    + "--pause 0 to 60000");
        }
        ChaosSettings settings = new ChaosSettings(length, count, seed, troubles(), oses, pauseMs);
        Consumer<String> progress = out.isJson() ? line -> { } : out::line;
        try (Chaos chaos = new Chaos(settings, KernelCalls.instance(instance).controlSocket(), progress)) {
            ChaosResult result = chaos.run();
            show(out, result);
            return result.isGood() ? ExitStatus.OK : ExitStatus.FAILED;
        } catch (IOException | ControlException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }

    private List<Trouble> troubles() {
        List<Trouble> troubles = new ArrayList<>();
        for (String kind : kinds) {
            Trouble trouble = Trouble.of(kind);
            if (trouble == null) {
                throw new CommandFailure(ExitStatus.USAGE, "--kinds=" + kind + ": expected some of "
                        + Arrays.stream(Trouble.values()).map(Trouble::label).collect(Collectors.joining(", ")));
            }
            troubles.add(trouble);
        }
        return troubles.isEmpty() ? List.of(Trouble.values()) : troubles;
    }

    private void show(Output out, ChaosResult result) {
        Map<String, Object> json = result.json();
        if (out.isJson()) {
            out.json(json);
            return;
        }
        out.line("");
        Output.Table table = out.table("KIND", ">COUNT", ">NOTICED p50 ms", ">p99", ">MAX", ">READY p50 ms", ">p99",
                ">MAX", ">TRAFFIC p50 ms", ">p99", ">MAX");
        result.rows().forEach(row -> table.row(row.toArray()));
        table.print();
        out.line(result.sum() + "; seed " + json.get("seed"));
    }
}
