// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.config.ConfigReader;

/** Turns what the daemons said into samples. */
final class Samples {
    private static final double S_PER_MS = 1e-3;
    private static final String OS = "os";

    private final Labels build;

    Samples(String version) {
        this.build = Labels.of("version", version, "java", String.valueOf(System.getProperty("java.version")));
    }

    MetricSnapshots of(Answers answers) {
        Families families = new Families();
        families.info(Metric.BUILD, build);
        if (answers.hasNanokernel()) {
            families.add(Metric.NANOKERNEL_UP, answers.nanokernel() != null, Labels.EMPTY);
            addNanokernel(families, answers.nanokernel());
        }
        RouterSamples routers = new RouterSamples(families);
        answers.routers().forEach(routers::add);
        return families.snapshots();
    }

    private static void addNanokernel(Families families, @Nullable Map<String, Object> status) {
        if (status == null) {
            return;
        }
        families.add(Metric.NANOKERNEL_UPTIME, status.get("uptime_s"), Labels.EMPTY);
        if (status.get("oses") instanceof List<?> oses) {
            for (Object os : oses) {
                if (os instanceof Map<?, ?> summary && summary.get("name") instanceof String name) {
                    addOs(families, summary, Labels.of(OS, name));
                }
            }
        }
    }

    private static void addOs(Families families, Map<?, ?> os, Labels labels) {
        String kind = labelOf(OsKind.values(), os.get("kind"));
        if (kind != null) {
            families.info(Metric.OS, labels.add("kind", kind));
        }
        for (OsState state : OsState.values()) {
            String label = ConfigReader.label(state);
            families.add(Metric.OS_STATE, label.equals(os.get("state")), labels.add("state", label));
        }
        families.add(Metric.OS_READY, Boolean.TRUE.equals(os.get("ready")), labels);
        families.add(Metric.OS_EPOCH, os.get("epoch"), labels);
        families.add(Metric.OS_UPTIME, os.get("uptime_s"), labels);
        families.add(Metric.OS_RESTARTS, os.get("restarts"), labels);
        families.add(Metric.OS_HEARTBEAT_AGE, os.get("heartbeat_silence_ms"), S_PER_MS, labels);
        families.add(Metric.OS_HEARTBEAT_DEADLINE, os.get("heartbeat_deadline_ms"), S_PER_MS, labels);
        if (os.get("last_failure") instanceof Map<?, ?> failure) {
            String failed = labelOf(Failure.values(), failure.get("kind"));
            if (failed != null) {
                families.add(Metric.OS_LAST_FAILURE_AGE, failure.get("ago_s"), labels.add("kind", failed));
            }
        }
        if (os.get("recovery_seconds") instanceof Map<?, ?> recovery) {
            addRecovery(families, recovery, labels);
        }
    }

    /** The nanokernel's buckets are cumulative. */
    private static void addRecovery(Families families, Map<?, ?> recovery, Labels labels) {
        if (!(recovery.get("buckets") instanceof Map<?, ?> buckets) || !(recovery.get("sum") instanceof Number sum)) {
            return;
        }
        List<Double> upperBounds = new ArrayList<>();
        List<Long> counts = new ArrayList<>();
        long below = 0;
        for (Map.Entry<?, ?> bucket : buckets.entrySet()) {
            String bound = String.valueOf(bucket.getKey());
            long count = bucket.getValue() instanceof Number number ? number.longValue() : below;
            upperBounds.add("+Inf".equals(bound) ? Double.POSITIVE_INFINITY : Double.parseDouble(bound));
            counts.add(count - below);
            below = count;
        }
        families.histogram(Metric.OS_RECOVERY, upperBounds, counts, sum.doubleValue(), labels);
    }

    /** The label of the constant that has it, or null: no others get into a time series' name. */
    private static @Nullable String labelOf(Enum<?>[] constants, @Nullable Object label) {
        for (Enum<?> constant : constants) {
            if (ConfigReader.label(constant).equals(label)) {
                return ConfigReader.label(constant);
            }
        }
        return null;
    }
}
