// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** What is known of a machine as text for pipes: tables, or an object with stable keys. */
public final class TopReport {
    /** Columns that no table needs. */
    private static final int WIDTH = 250;
    private static final double NS_PER_MS = 1e6;

    private TopReport() {
    }

    /** The title and the tables, a line each. */
    public static List<String> lines(TopModel model, boolean bits) {
        Settings settings = new Settings();
        settings.use(bits);
        return View.text(model, settings, new Look(WIDTH, Integer.MAX_VALUE, false, Palette.PLAIN));
    }

    /**
     * An object of everything. Rates are null where the samples are not of one life.
     *
     * @param time     as it is to stand there
     * @param interval between the two last samples, in ns
     */
    public static Map<String, Object> object(TopModel model, String time, long interval) {
        Map<String, @Nullable Object> report = new LinkedHashMap<>();
        report.put("time", time);
        report.put("interval_ms", Math.round(interval / NS_PER_MS));
        report.put("nanokernel", kernel(model));
        List<Object> oses = new ArrayList<>();
        if (model.kernelFailure() == null) {
            model.oses().forEach(os -> oses.add(os(os)));
        }
        report.put("oses", oses);
        List<Object> routers = new ArrayList<>();
        model.routers().forEach(router -> routers.add(router(model, router)));
        report.put("routers", routers);
        if (model.hasFlows()) {
            List<Object> flows = new ArrayList<>();
            model.flows().forEach(flow -> flows.add(flow(flow)));
            report.put("flows", flows);
        }
        return complete(report);
    }

    private static @Nullable Map<String, @Nullable Object> kernel(TopModel model) {
        Sample.Kernel kernel = model.kernel();
        Map<String, @Nullable Object> report = new LinkedHashMap<>();
        if (model.kernelFailure() != null) {
            report.put("state", "no answer");
            report.put("why", model.kernelFailure());
        } else if (kernel != null) {
            report.put("state", "answers");
            report.put("instance", kernel.instance());
            report.put("pid", kernel.pid());
            report.put("uptime_s", kernel.uptimeS());
        }
        return report.isEmpty() ? null : report;
    }

    private static Map<String, @Nullable Object> os(Sample.Os os) {
        Map<String, @Nullable Object> report = new LinkedHashMap<>();
        report.put("name", os.name());
        report.put("kind", os.kind());
        report.put("state", os.state());
        report.put("epoch", os.epoch());
        report.put("heartbeat_silence_ms", os.silenceMs() < 0 ? null : os.silenceMs());
        report.put("heartbeat_deadline_ms", os.deadlineMs());
        report.put("restarts", os.restarts());
        report.put("uptime_s", os.uptimeS() < 0 ? null : os.uptimeS());
        report.put("last_failure", os.lastFailure());
        report.put("last_failure_ago_s", os.lastFailure() == null ? null : os.lastFailureS());
        return report;
    }

    private static Map<String, @Nullable Object> router(TopModel model, TopModel.RouterTrack track) {
        Sample.Router router = track.router();
        Map<String, @Nullable Object> report = new LinkedHashMap<>();
        report.put("os", router.os());
        report.put("state", track.failure() == null ? router.state() : "no answer");
        report.put("why", track.failure());
        report.put("pid", router.pid());
        report.put("uptime_s", rounded(router.uptimeS()));
        report.put("standbys", router.standbys());
        report.put("nanokernel", router.nanokernel());
        List<Object> ports = new ArrayList<>();
        if (track.failure() == null) {
            model.ports(router.os()).forEach(port -> ports.add(port(port)));
        }
        report.put("ports", ports);
        return report;
    }

    private static Map<String, @Nullable Object> port(PortTrack track) {
        Sample.Port port = track.port();
        Rates rates = track.rates();
        Map<String, @Nullable Object> report = new LinkedHashMap<>();
        report.put("name", port.name());
        report.put("kind", port.kind());
        report.put("state", port.state());
        report.put("received_bytes_per_s", rates == null ? null : rounded(rates.inBytes()));
        report.put("received_frames_per_s", rates == null ? null : rounded(rates.inFrames()));
        report.put("sent_bytes_per_s", rates == null ? null : rounded(rates.outBytes()));
        report.put("sent_frames_per_s", rates == null ? null : rounded(rates.outFrames()));
        report.put("dropped_frames_per_s", rates == null ? null : rounded(rates.drops()));
        Map<String, @Nullable Object> why = new LinkedHashMap<>();
        if (rates != null) {
            rates.why().forEach((reason, frames) -> why.put(reason, rounded(frames)));
        }
        report.put("drops_per_s", why);
        report.put("ring_used", port.ringCapacity() == 0 ? null : port.ringUsed());
        report.put("ring_capacity", port.ringCapacity() == 0 ? null : port.ringCapacity());
        return report;
    }

    private static Map<String, Object> flow(Flow flow) {
        Map<String, Object> report = new LinkedHashMap<>();
        report.put("source", flow.source());
        report.put("destination", flow.destination());
        report.put("protocol", flow.protocol());
        report.put("bytes_per_s", rounded(flow.bytes()));
        report.put("frames_per_s", rounded(flow.frames()));
        return report;
    }

    /** To a tenth. */
    private static double rounded(double number) {
        return Math.round(number * 10) / 10.0;
    }

    @SuppressWarnings("NullAway")
    private static Map<String, Object> complete(Map<String, @Nullable Object> report) {
        return report;
    }
}
