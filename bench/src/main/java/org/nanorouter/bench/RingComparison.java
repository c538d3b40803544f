// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import org.nanorouter.shim.Shim;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * {@link RingBenchmark}, a short run of each ring one behind the other. Two threads that share cache lines are fast or
 * slow by where the machine runs them, so one pair says little: take the median of many.
 *
 * @param ours    records a second through our ring
 * @param agronas records a second through Agrona's
 */
record RingComparison(double ours, double agronas) {
    private static final String RECORDS = "records";
    private static final TimeValue SLICE = TimeValue.milliseconds(500);
    private static final int WARM_UP_SLICES = 2;
    private static final int MEASURED_SLICES = 3;

    /**
     * Measures.
     *
     * @param payload bytes of a record's payload
     */
    static RingComparison measure(int payload) throws IOException {
        try {
            Collection<RunResult> results = new Runner(new OptionsBuilder()
                    .include(RingBenchmark.class.getName())
                    // Not those of this process, which has no second compiler: both rings are to be at their best.
                    .jvmArgs("-Xmx256m", "-D" + Shim.DIRECTORY_PROPERTY + "=" + Shim.directory())
                    .param("payload", Integer.toString(payload))
                    .warmupIterations(WARM_UP_SLICES).warmupTime(SLICE)
                    .measurementIterations(MEASURED_SLICES).measurementTime(SLICE).verbosity(VerboseMode.SILENT)
                    .build()).run();
            Map<String, Double> records = results.stream().collect(Collectors.toMap(
                    result -> result.getParams().getBenchmark().replaceFirst(".*\\.", ""),
                    result -> result.getSecondaryResults().get(RECORDS).getScore()));
            return new RingComparison(records.get("nanorouter"), records.get("agrona"));
        } catch (RunnerException e) {
            throw new IOException("the ring was not measured: " + e.getMessage(), e);
        }
    }
}
