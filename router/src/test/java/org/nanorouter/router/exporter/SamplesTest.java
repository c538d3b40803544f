// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** What the daemons' replies become. */
class SamplesTest {
    private static final String NANOKERNEL = """
            {"uptime_s": 12.5, "oses": [
              {"name": "host", "kind": "external", "state": "running", "epoch": 2, "ready": true, "restarts": 1,
               "uptime_s": 7, "heartbeat_silence_ms": 40, "heartbeat_deadline_ms": 500,
               "last_failure": {"kind": "heartbeat", "ago_s": 7.25},
               "recovery_seconds": {"count": 3, "sum": 4.5, "buckets": {"0.5": 1, "2.0": 3, "+Inf": 3}}},
              {"name": "guest", "kind": "namespace", "state": "failed", "epoch": 1, "ready": false, "restarts": 0,
               "uptime_s": null, "heartbeat_silence_ms": null, "heartbeat_deadline_ms": 500, "last_failure": null}]}
            """;
    private static final String STATUS = """
            {"name": "host", "state": "ready", "uptime_s": 1, "standbys": [7, 8], "nanokernel": "attached",
             "nanokernel_losses": 1, "nanokernel_silences": 0, "sessions_ended": 3, "session_failures": 0,
             "mac": "02:00:00:00:00:01", "quarantines": {"tail_backwards": 2}, "fdb_entries": 5, "fdb_capacity": 4096}
            """;
    private static final String PORT = """
            {"name": "%s", "kind": "channel", "state": "up", "received_frames": 10, "received_bytes": 640,
             "forwarded_frames": 7, "sent_frames": 4, "sent_bytes": 256, "drops": {"ring_full": 3},
             "details": {"ring_used": 64, "ring_capacity": 4096, "full_claims": 1, "doorbells": 2}}
            """;

    private static Map<String, Object> json(String text) {
        try {
            return JSON.std.mapFrom(text);
        } catch (IOException e) {
            throw new IllegalArgumentException(text, e);
        }
    }

    private static ExpositionText exposed(Answers answers) {
        return ExpositionText.parse(new String(
                Exposition.PROMETHEUS.bytes(new Samples("1.2").of(answers)), StandardCharsets.UTF_8));
    }

    private static ExpositionText exposedPorts(String... ports) {
        return exposed(new Answers(true, null, Map.of("host", new Answers.OfRouter(json(STATUS),
                json("{\"ports\": [" + String.join(",", ports) + "]}")))));
    }

    @Test
    void anOsHasItsStateItsBeatAndItsRecoveries() {
        assertThat(exposed(new Answers(true, json(NANOKERNEL), Map.of())).samples())
                .containsEntry("nanorouter_nanokernel_up{}", 1.0)
                .containsEntry("nanorouter_os_state{os=host,state=running}", 1.0)
                .containsEntry("nanorouter_os_state{os=host,state=failed}", 0.0)
                .containsEntry("nanorouter_os_state{os=guest,state=failed}", 1.0)
                .containsEntry("nanorouter_os_restarts_total{os=host}", 1.0)
                .containsEntry("nanorouter_os_heartbeat_age_seconds{os=host}", 0.04)
                .doesNotContainKey("nanorouter_os_heartbeat_age_seconds{os=guest}")
                .containsEntry("nanorouter_os_last_failure_age_seconds{kind=heartbeat,os=host}", 7.25)
                .containsEntry("nanorouter_os_recovery_seconds_bucket{le=0.5,os=host}", 1.0)
                .containsEntry("nanorouter_os_recovery_seconds_bucket{le=2.0,os=host}", 3.0)
                .containsEntry("nanorouter_os_recovery_seconds_count{os=host}", 3.0)
                .containsEntry("nanorouter_os_recovery_seconds_sum{os=host}", 4.5);
    }

    @Test
    void aRouterHasItsPortsAndTheReasonsOfItsDrops() {
        Map<String, Double> samples = exposedPorts(PORT.formatted("peers:guest")).samples();
        assertThat(samples)
                .containsEntry("nanorouter_router_up{router=host}", 1.0)
                .containsEntry("nanorouter_router_standbys{router=host}", 2.0)
                .containsEntry("nanorouter_router_quarantines_total{reason=tail_backwards,router=host}", 2.0)
                .containsEntry("nanorouter_port_receive_packets_total{kind=channel,port=peers:guest,router=host}", 10.0)
                .containsEntry("nanorouter_port_transmit_bytes_total{kind=channel,port=peers:guest,router=host}", 256.0)
                .containsEntry("nanorouter_port_drops_total{port=peers:guest,reason=ring_full,router=host}", 3.0)
                .containsEntry("nanorouter_port_drops_total{port=peers:guest,reason=runt,router=host}", 0.0)
                .containsEntry("nanorouter_port_ring_used_bytes{port=peers:guest,router=host}", 64.0);
        assertThat(samples.keySet()).noneMatch(series -> series.contains("02:00"));
    }

    @Test
    void whoDoesNotAnswerIsDown() {
        Map<String, Answers.OfRouter> routers = new LinkedHashMap<>();
        routers.put("dead", Answers.OfRouter.NONE);
        routers.put("host", new Answers.OfRouter(json(STATUS), json("{\"ports\": []}")));
        assertThat(exposed(new Answers(true, null, routers)).samples())
                .containsEntry("nanorouter_nanokernel_up{}", 0.0)
                .containsEntry("nanorouter_router_up{router=dead}", 0.0)
                .containsEntry("nanorouter_router_up{router=host}", 1.0)
                .containsEntry("nanorouter_router_fdb_entries{router=host}", 5.0)
                .containsKey("nanorouter_build_info{java=" + System.getProperty("java.version") + ",version=1.2}");
    }

    @Test
    void whereThereIsNoNanokernelToAskNothingIsSaidOfIt() {
        assertThat(exposed(new Answers(false, null, Map.of())).names()).containsExactly("nanorouter_build_info");
    }

    @Test
    void aRouterThatLiesSpoilsNothing() {
        List<String> ports = new ArrayList<>(List.of(
                PORT.formatted("a"), PORT.formatted("a").replace("10", "11"),
                PORT.formatted("b").replace("640", "-1").replace("\"sent_frames\": 4", "\"sent_frames\": \"x\""),
                PORT.formatted("c").replace("\"forwarded_frames\": 7", "\"forwarded_frames\": 1e300"),
                PORT.formatted("d").replace("ring_full", "made_up\\\"} 1\\nevil 1"),
                PORT.formatted("e\\nevil_metric 1"), PORT.formatted("f").replace("channel", "tunnel"),
                "[]", "null", "{\"name\": 5}", "{\"name\": \"g\", \"kind\": \"tap\", \"details\": 1, \"drops\": []}"));
        Map<String, Double> samples = exposedPorts(ports.toArray(String[]::new)).samples();
        String received = "nanorouter_port_receive_packets_total{kind=channel,port=%s,router=host}";
        assertThat(samples).containsEntry(received.formatted("a"), 10.0).containsEntry(received.formatted("d"), 10.0)
                .doesNotContainKey(received.formatted("f"))
                .doesNotContainKey("nanorouter_port_receive_bytes_total{kind=channel,port=b,router=host}")
                .doesNotContainKey("nanorouter_port_forwarded_packets_total{kind=channel,port=c,router=host}")
                .containsEntry("nanorouter_port_up{kind=tap,port=g,router=host}", 0.0);
        assertThat(samples.keySet()).noneMatch(series -> series.contains("evil") || series.contains("made_up"));
    }

    @Test
    void ofEndlesslyManyPortsSomeAreShown() {
        String[] ports = new String[1_000];
        for (int i = 0; i < ports.length; i++) {
            ports[i] = PORT.formatted("p" + i).replace("{\"ring_full\": 3}", "0");
        }
        assertThat(exposedPorts(ports).samples().keySet()).filteredOn(series -> series.startsWith("nanorouter_port_up"))
                .hasSize(128);
    }

    @Test
    void everyMetricIsNamedAsItsTypeWants() {
        for (Metric metric : Metric.values()) {
            assertThat(metric.id()).matches("nanorouter_[a-z]+(_[a-z]+)*").doesNotContain("_ms", "_ns", "_kib");
            assertThat(metric.id().endsWith("_total")).as(metric.id()).isEqualTo(metric.type() == Metric.Type.COUNTER);
            assertThat(metric.id().endsWith("_info")).as(metric.id()).isEqualTo(metric.type() == Metric.Type.INFO);
        }
    }
}
