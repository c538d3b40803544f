// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import io.prometheus.metrics.model.snapshots.ClassicHistogramBuckets;
import io.prometheus.metrics.model.snapshots.CounterSnapshot;
import io.prometheus.metrics.model.snapshots.CounterSnapshot.CounterDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot;
import io.prometheus.metrics.model.snapshots.GaugeSnapshot.GaugeDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot;
import io.prometheus.metrics.model.snapshots.HistogramSnapshot.HistogramDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot;
import io.prometheus.metrics.model.snapshots.InfoSnapshot.InfoDataPointSnapshot;
import io.prometheus.metrics.model.snapshots.Labels;
import io.prometheus.metrics.model.snapshots.MetricSnapshot;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Samples while they are put together. Those that no metric can have, and those whose labels are taken, are left out:
 * they come from a daemon that lies.
 */
final class Families {
    private static final String COUNTER_SUFFIX = "_total";
    private static final String INFO_SUFFIX = "_info";

    private final Map<Metric, Map<Labels, Object>> samples = new EnumMap<>(Metric.class);

    /** Adds a sample of a gauge or a counter, unless {@code value} is no number or is negative. */
    void add(Metric metric, @Nullable Object value, Labels labels) {
        add(metric, value, 1, labels);
    }

    /** The same, with the value in another unit. */
    void add(Metric metric, @Nullable Object value, double scale, Labels labels) {
        if (value instanceof Number number && number.doubleValue() >= 0 && number.doubleValue() <= Long.MAX_VALUE) {
            put(metric, number.doubleValue() * scale, labels);
        }
    }

    void add(Metric metric, boolean value, Labels labels) {
        put(metric, value ? 1.0 : 0.0, labels);
    }

    /** Adds the sample of an info, which is all labels. */
    void info(Metric metric, Labels labels) {
        put(metric, 1.0, labels);
    }

    /**
     * Adds a sample of a histogram.
     *
     * @param upperBounds of its buckets, ascending, the last one infinite
     * @param counts      what is in each bucket alone
     */
    void histogram(Metric metric, List<Double> upperBounds, List<Long> counts, double sum, Labels labels) {
        ClassicHistogramBuckets.Builder buckets = ClassicHistogramBuckets.builder();
        for (int i = 0; i < upperBounds.size(); i++) {
            buckets.bucket(upperBounds.get(i), counts.get(i));
        }
        put(metric, HistogramDataPointSnapshot.builder().classicHistogramBuckets(buckets.build()).sum(sum)
                .labels(labels).build(), labels);
    }

    private void put(Metric metric, Object sample, Labels labels) {
        samples.computeIfAbsent(metric, key -> new LinkedHashMap<>()).putIfAbsent(labels, sample);
    }

    /** All of them; a metric without a sample is not there. */
    MetricSnapshots snapshots() {
        List<MetricSnapshot> families = new ArrayList<>();
        samples.forEach((metric, points) -> families.add(switch (metric.type()) {
            case GAUGE -> gauge(metric, points);
            case COUNTER -> counter(metric, points);
            case HISTOGRAM -> histogram(metric, points);
            case INFO -> info(metric, points);
        }));
        return new MetricSnapshots(families);
    }

    private static MetricSnapshot gauge(Metric metric, Map<Labels, Object> points) {
        GaugeSnapshot.Builder family = GaugeSnapshot.builder().name(metric.id()).help(metric.help());
        points.forEach((labels, value) -> family.dataPoint(
                GaugeDataPointSnapshot.builder().value((Double) value).labels(labels).build()));
        return family.build();
    }

    /** The library appends what ends the names of counters and infos. */
    private static String stem(Metric metric, String suffix) {
        return metric.id().substring(0, metric.id().length() - suffix.length());
    }

    private static MetricSnapshot counter(Metric metric, Map<Labels, Object> points) {
        CounterSnapshot.Builder family =
                CounterSnapshot.builder().name(stem(metric, COUNTER_SUFFIX)).help(metric.help());
        points.forEach((labels, value) -> family.dataPoint(
                CounterDataPointSnapshot.builder().value((Double) value).labels(labels).build()));
        return family.build();
    }

    private static MetricSnapshot histogram(Metric metric, Map<Labels, Object> points) {
        HistogramSnapshot.Builder family = HistogramSnapshot.builder().name(metric.id()).help(metric.help());
        points.values().forEach(point -> family.dataPoint((HistogramDataPointSnapshot) point));
        return family.build();
    }

    private static MetricSnapshot info(Metric metric, Map<Labels, Object> points) {
        InfoSnapshot.Builder family = InfoSnapshot.builder().name(stem(metric, INFO_SUFFIX)).help(metric.help());
        points.keySet().forEach(labels -> family.dataPoint(InfoDataPointSnapshot.builder().labels(labels).build()));
        return family.build();
    }
}
