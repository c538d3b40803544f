// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import io.prometheus.metrics.expositionformats.ExpositionFormatWriter;
import io.prometheus.metrics.expositionformats.OpenMetricsTextFormatWriter;
import io.prometheus.metrics.expositionformats.PrometheusTextFormatWriter;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import org.jspecify.annotations.Nullable;

/** The formats in which metrics are shown. */
public enum Exposition {
    /** Text of version 0.0.4, for everybody who asks for nothing else. */
    PROMETHEUS(PrometheusTextFormatWriter.create()),
    /** OpenMetrics 1.0.0. */
    OPEN_METRICS(OpenMetricsTextFormatWriter.create());

    private final ExpositionFormatWriter writer;

    Exposition(ExpositionFormatWriter writer) {
        this.writer = writer;
    }

    /** What a request with this header wants. */
    static Exposition accepted(@Nullable String accept) {
        return accept != null && OPEN_METRICS.writer.accepts(accept) ? OPEN_METRICS : PROMETHEUS;
    }

    /** For the header Content-Type. */
    String contentType() {
        return writer.getContentType();
    }

    /** The text, in UTF-8. */
    public byte[] bytes(MetricSnapshots metrics) {
        ByteArrayOutputStream text = new ByteArrayOutputStream();
        try {
            writer.write(text, metrics);
        } catch (IOException e) {
            throw new UncheckedIOException("into memory", e);
        }
        return text.toByteArray();
    }
}
