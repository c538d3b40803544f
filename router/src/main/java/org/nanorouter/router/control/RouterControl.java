// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.control;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeoutException;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.control.ControlHandler;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.engine.HopTimes;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.forward.bridge.FdbEntry;
import org.nanorouter.router.frame.EthernetFrame;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.LatencyHistogram;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.Port;

/** Answers the requests of a router's control socket. */
public final class RouterControl implements ControlHandler {
    private static final long NANOS_PER_MS = 1_000_000;

    private final Subject subject;

    /** The router that is asked. */
    public interface Subject {
        /** Runs a task on the data loop and waits for its result. */
        <T> T snapshot(Callable<T> task) throws ExecutionException, TimeoutException, InterruptedException;

        /** For tasks on the data loop. */
        Engine engine();

        /** What there is to say about the router besides its ports; on the data loop. */
        Map<String, Object> describe();

        /** Reads the configuration again. */
        Map<String, Object> reload();
    }

    public RouterControl(Subject subject) {
        this.subject = subject;
    }

    @Override
    public Map<String, Object> handle(Map<String, Object> request) throws ControlException {
        String verb = String.valueOf(request.get("verb"));
        try {
            return switch (verb) {
                case "status" -> subject.snapshot(() -> status(Boolean.TRUE.equals(request.get("latency"))));
                case "port" -> ports(request.get("name"));
                case "fdb" -> Map.of("entries", subject.snapshot(this::entries));
                case "fdb-flush" -> Map.of("removed", subject.snapshot(this::flush));
                case "reload" -> subject.reload();
                default -> throw new ControlException(ControlException.UNKNOWN_VERB,
                    "verb=" + verb + "; expected one of status, port, fdb, fdb-flush, reload");
            };
        } catch (ExecutionException e) {
            throw new ControlException(ControlException.INTERNAL, String.valueOf(e.getCause()));
        } catch (TimeoutException | InterruptedException e) {
            throw new ControlException(ControlException.UNAVAILABLE, "the data loop did not answer");
        }
    }

    private Map<String, Object> status(boolean latency) {
        Engine engine = subject.engine();
        Map<String, Object> status = new LinkedHashMap<>(subject.describe());
        PortCounters sums = new PortCounters();
        sums.addAll(engine.removedPorts());
        List<Map<String, Object>> ports = new ArrayList<>();
        for (Port port : engine.ports()) {
            sums.addAll(port.counters());
            Map<String, Object> description = describe(port);
            if (latency) {
                description.put("latency", latency(port));
            }
            ports.add(description);
        }
        status.put("ports", ports);
        Map<String, Object> totals = new LinkedHashMap<>();
        putCounters(totals, sums);
        status.put("totals", totals);
        Fdb fdb = engine.bridge().fdb();
        status.put("fdb_entries", fdb.size());
        status.put("fdb_capacity", fdb.capacity());
        return status;
    }

    private Map<String, Object> ports(Object name) throws ControlException, ExecutionException, TimeoutException,
        InterruptedException {
        List<Map<String, Object>> found = subject.snapshot(() -> {
            List<Map<String, Object>> ports = new ArrayList<>();
            for (Port port : subject.engine().ports()) {
                if (name == null || port.name().equals(name)) {
                    Map<String, Object> description = describe(port);
                    description.put("details", port.details());
                    description.put("latency", latency(port));
                    ports.add(description);
                }
            }
            return ports;
        });
        if (name != null && found.isEmpty()) {
            throw new ControlException(ControlException.NOT_FOUND, "there is no port " + name);
        }
        return Map.of("ports", found);
    }

    private Map<String, Object> describe(Port port) {
        Map<String, Object> description = new LinkedHashMap<>();
        description.put("name", port.name());
        description.put("kind", port.kind().label());
        description.put("state", subject.engine().hasFailed(port) ? "failed" : port.state().label());
        putCounters(description, port.counters());
        return description;
    }

    private Map<String, Object> latency(Port port) {
        Map<String, Object> latency = new LinkedHashMap<>();
        HopTimes times = subject.engine().times(port);
        if (times != null) {
            putLatency(latency, "ring", times.ring());
            putLatency(latency, "router", times.router());
        }
        return latency;
    }

    /** Of a hop that frames took; times in nanoseconds. */
    private static void putLatency(Map<String, Object> target, String hop, LatencyHistogram times) {
        if (times.count() > 0) {
            Map<String, Object> values = new LinkedHashMap<>();
            values.put("batches", times.count());
            values.put("p50_ns", times.percentile(0.5));
            values.put("p90_ns", times.percentile(0.9));
            values.put("p99_ns", times.percentile(0.99));
            values.put("max_ns", times.max());
            target.put(hop, values);
        }
    }

    private static void putCounters(Map<String, Object> target, PortCounters counters) {
        for (PortCounter counter : PortCounter.values()) {
            target.put(counter.label(), counters.get(counter));
        }
        target.put("dropped_frames", counters.drops());
        Map<String, Object> drops = new LinkedHashMap<>();
        for (Drop reason : Drop.values()) {
            if (counters.get(reason) > 0) {
                drops.put(reason.label(), counters.get(reason));
            }
        }
        target.put("drops", drops);
    }

    private List<Map<String, Object>> entries() {
        Engine engine = subject.engine();
        List<Map<String, Object>> entries = new ArrayList<>();
        for (FdbEntry entry : engine.bridge().snapshot(System.nanoTime() / NANOS_PER_MS)) {
            Map<String, Object> description = new LinkedHashMap<>();
            description.put("mac", EthernetFrame.format(entry.address()));
            description.put("vlan", entry.vlan());
            Port port = engine.port(entry.port());
            description.put("port", port == null ? null : port.name());
            description.put("age_ms", entry.ageMs());
            description.put("pinned", entry.pinned());
            entries.add(description);
        }
        return entries;
    }

    private int flush() {
        Fdb fdb = subject.engine().bridge().fdb();
        int before = fdb.size();
        fdb.clear();
        return before - fdb.size();
    }
}
