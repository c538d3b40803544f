// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class ReportTest {
    private final Report report = new Report();

    @Test
    void medianOfAnEvenNumberOfRoundsLiesBetweenTheMiddleTwo() {
        for (double value : new double[] {4, 1, 3, 2}) {
            report.add(Contender.VETH, Map.of(Figure.TCP, value));
        }
        assertThat(report.median(Contender.VETH, Figure.TCP)).isEqualTo(2.5);
    }

    @Test
    void theRatioIsThatOfTheSameRound() {
        for (double machine : new double[] {1, 4, 2}) {
            report.add(Contender.NANOROUTER, Map.of(Figure.TCP, 8 * machine));
            report.add(Contender.VETH, Map.of(Figure.TCP, 10 * machine));
        }
        report.add(Contender.NANOROUTER, Map.of(Figure.TCP, 1.0));
        assertThat(report.ratio(Contender.NANOROUTER, Contender.VETH, Figure.TCP)).isEqualTo(0.8);
        assertThat(report.ratio(Contender.NANOROUTER, Contender.OVS, Figure.TCP)).isNaN();
    }

    @Test
    void jsonHasEveryKeyAndNullWithTheReasonForWhatWasSkipped() throws IOException {
        report.add(Contender.VETH, Map.of(Figure.TCP, 10.0));
        report.skip(Contender.VDE, "not installed: vde_switch");
        StringWriter text = new StringWriter();
        report.printJson(new PrintWriter(text, true), List.of(Contender.VETH, Contender.VDE));
        Map<String, Object> json = JSON.std.mapFrom(text.toString());
        assertThat(json).containsOnlyKeys("veth", "vde");
        assertThat((Map<?, ?>) json.get("vde")).extracting("skipped").isEqualTo("not installed: vde_switch");
        assertThat(((Map<?, ?>) json.get("vde")).keySet().toString())
                .isEqualTo("[tcp_gbps, tcp_reverse_gbps, udp64_pps, ping_p50_us, ping_p99_us, cpu_s_per_gb, skipped]");
        assertThat(((Map<?, ?>) json.get("veth")).get("tcp_gbps")).isEqualTo(10.0);
        assertThat(((Map<?, ?>) json.get("vde")).get("tcp_gbps")).isNull();
    }

    @Test
    void tableComparesWithVethAndWithTheBestPeer() {
        report.add(Contender.NANOROUTER, Map.of(Figure.TCP, 8.0, Figure.PING_MEDIAN, 50.0));
        report.add(Contender.VETH, Map.of(Figure.TCP, 10.0));
        report.add(Contender.OVS, Map.of(Figure.TCP, 1.0, Figure.PING_MEDIAN, 100.0));
        report.add(Contender.VDE, Map.of(Figure.TCP, 0.5, Figure.PING_MEDIAN, 500.0));
        StringWriter text = new StringWriter();
        report.printTable(new PrintWriter(text, true),
                List.of(Contender.NANOROUTER, Contender.VETH, Contender.VDE, Contender.OVS));
        assertThat(text.toString()).contains("8.00 (0.80)").contains("8.00 times the best peer (ovs)")
                .contains("0.50 times the best peer (ovs)");
    }
}
