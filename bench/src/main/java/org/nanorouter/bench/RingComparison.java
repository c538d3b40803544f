// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.io.IOException;
import java.util.Collection;
import java.util.Map;
import java.util.stream.Collectors;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.VerboseMode;

/**
 * {@link RingBenchmark} with payloads of 64 bytes.
 *
 * @param ours    records a second through our ring
 * @param agronas records a second through Agrona's
 */
record RingComparison(double ours, double agronas) {
    private static final String RECORDS = "records";
    private static final int WARM_UP_S = 2;
    private static final int MEASURED_S = 4;

    static RingComparison measure() throws IOException {
        try {
            Collection<RunResult> results = new Runner(new OptionsBuilder()
                    .include(RingBenchmark.class.getName()).param("payload", "64")
                    .warmupIterations(WARM_UP_S).measurementIterations(MEASURED_S).verbosity(VerboseMode.SILENT)
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
