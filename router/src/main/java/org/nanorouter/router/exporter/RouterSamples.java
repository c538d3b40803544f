// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import io.prometheus.metrics.model.snapshots.Labels;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;

/** Turns what the routers said into samples; none of them is believed more than it takes. */
final class RouterSamples {
    private static final String ROUTER = "router";
    private static final String REASON = "reason";
    /** A name of the configuration, and that of a peer behind a colon. */
    private static final Pattern PORT_NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._:-]{0,79}");
    /** Ports of one router that are looked at. */
    private static final int MAX_PORTS = 128;

    private static final Map<PortCounter, Metric> COUNTERS = Map.of(
            PortCounter.RECEIVED_FRAMES, Metric.PORT_RECEIVED,
            PortCounter.RECEIVED_BYTES, Metric.PORT_RECEIVED_BYTES,
            PortCounter.SENT_FRAMES, Metric.PORT_SENT,
            PortCounter.SENT_BYTES, Metric.PORT_SENT_BYTES,
            PortCounter.FORWARDED_FRAMES, Metric.PORT_FORWARDED,
            PortCounter.FLOODED_FRAMES, Metric.PORT_FLOODED,
            PortCounter.PAUSES, Metric.PORT_PAUSES,
            PortCounter.UNDELIVERED_FRAMES, Metric.PORT_UNDELIVERED,
            PortCounter.UNREAD_FRAMES, Metric.PORT_UNREAD);

    private final Families families;

    RouterSamples(Families families) {
        this.families = families;
    }

    /** Adds those of the router of an OS. */
    void add(String os, Answers.OfRouter answer) {
        Labels labels = Labels.of(ROUTER, os);
        Map<String, Object> status = answer.status();
        families.add(Metric.ROUTER_UP, status != null, labels);
        if (status == null) {
            return;
        }
        families.add(Metric.ROUTER_READY, "ready".equals(status.get("state")), labels);
        families.add(Metric.ROUTER_UPTIME, status.get("uptime_s"), labels);
        families.add(Metric.ROUTER_STANDBYS, status.get("standbys") instanceof List<?> pids ? pids.size() : 0, labels);
        families.add(Metric.ROUTER_ATTACHED, "attached".equals(status.get("nanokernel")), labels);
        families.add(Metric.ROUTER_LOSSES, status.get("nanokernel_losses"), labels);
        families.add(Metric.ROUTER_SILENCES, status.get("nanokernel_silences"), labels);
        families.add(Metric.ROUTER_FDB, status.get("fdb_entries"), labels);
        families.add(Metric.ROUTER_FDB_CAPACITY, status.get("fdb_capacity"), labels);
        families.add(Metric.ROUTER_SESSIONS_ENDED, status.get("sessions_ended"), labels);
        families.add(Metric.ROUTER_SESSION_FAILURES, status.get("session_failures"), labels);
        if (status.get("quarantines") instanceof Map<?, ?> quarantines) {
            for (QuarantineReason reason : QuarantineReason.values()) {
                String label = reason.label().replace('-', '_');
                families.add(Metric.ROUTER_QUARANTINES, orZero(quarantines.get(label)), labels.add(REASON, label));
            }
        }
        addPorts(labels, answer.ports().get("ports"));
    }

    private void addPorts(Labels router, @Nullable Object ports) {
        if (ports instanceof List<?> list) {
            for (Object each : list.subList(0, Math.min(list.size(), MAX_PORTS))) {
                if (each instanceof Map<?, ?> port && port.get("name") instanceof String name
                        && PORT_NAME.matcher(name).matches()) {
                    addPort(router.add("port", name), port);
                }
            }
        }
    }

    private void addPort(Labels port, Map<?, ?> reply) {
        String kind = kind(reply.get("kind"));
        if (kind == null) {
            return;
        }
        Labels labels = port.add("kind", kind);
        families.add(Metric.PORT_UP, PortState.UP.label().equals(reply.get("state")), labels);
        COUNTERS.forEach((counter, metric) -> families.add(metric, reply.get(counter.label()), labels));
        if (reply.get("drops") instanceof Map<?, ?> drops) {
            // Those that did not happen, too: the first one is to be seen as an increase.
            for (Drop reason : Drop.values()) {
                families.add(Metric.PORT_DROPS, orZero(drops.get(reason.label())), port.add(REASON, reason.label()));
            }
        }
        if (reply.get("details") instanceof Map<?, ?> details && PortKind.CHANNEL.label().equals(kind)) {
            families.add(Metric.RING_USED, details.get("ring_used"), port);
            families.add(Metric.RING_CAPACITY, details.get("ring_capacity"), port);
            families.add(Metric.RING_FULL, details.get("full_claims"), port);
            families.add(Metric.DOORBELLS, details.get("doorbells"), port);
        }
    }

    /** A reply has no key for what did not happen. */
    private static Object orZero(@Nullable Object value) {
        return value == null ? 0 : value;
    }

    private static @Nullable String kind(@Nullable Object label) {
        for (PortKind kind : PortKind.values()) {
            if (kind.label().equals(label)) {
                return kind.label();
            }
        }
        return null;
    }
}
