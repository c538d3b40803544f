// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class TextDrawingTest {
    private static final long RING = 4 << 20;

    static Topology.Node node(String name, String state) {
        return new Topology.Node(name, "namespace", state, 3, "nk-agent", List.of(
                new Topology.Interface("nk0", List.of("10.77.0.2/24", "fd77:1234:5678:9abc:def0:1234:5678:9abc/64"))));
    }

    /** OSes os1, os2, ..., each with a channel to each other one; the first one's to the last is as given. */
    static Topology machine(int count, String state) {
        List<Topology.Node> nodes = new ArrayList<>();
        List<Topology.Edge> edges = new ArrayList<>();
        for (int i = 1; i <= count; i++) {
            nodes.add(node("os" + i, i == 2 ? "failed" : "running"));
            for (int j = i + 1; j <= count; j++) {
                edges.add(new Topology.Edge("os" + i, "os" + j, i == 1 && j == count ? state : "open", RING, 0L,
                        RING / 4));
            }
        }
        return new Topology("nanokernel demo, pid 12", nodes, edges);
    }

    @Test
    void noLineIsLongerThanTheTerminalIsWide() {
        for (int count = 0; count <= 16; count++) {
            for (int columns : new int[] {20, 40, 80, 120}) {
                assertThat(TextDrawing.draw(machine(count, "open"), columns, true)).as(count + " OSes at " + columns)
                        .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(columns));
            }
        }
    }

    @Test
    void withoutUnicodeEveryCharacterIsAscii() {
        for (int count : new int[] {1, 2, 3, 16}) {
            assertThat(String.join("\n", TextDrawing.draw(machine(count, "quarantined"), 80, false)))
                    .matches("[\\x20-\\x7e\\n]*");
        }
    }

    @Test
    void threeOsesStandSideBySideWithALineForEachChannel() {
        List<String> lines = TextDrawing.draw(machine(3, "open"), 80, true);
        assertThat(lines).anySatisfy(line -> assertThat(line).contains("● os1", "× os2", "● os3"));
        assertThat(lines).filteredOn(line -> line.contains("├") && line.contains("┤")).hasSize(3)
                .allSatisfy(line -> assertThat(line).contains("4 MiB →0 % ←25 %"));
    }

    @Test
    void channelThatPassesAnOsCrossesItsLine() {
        Topology two = machine(3, "open");
        List<String> lines = TextDrawing.draw(new Topology("", two.nodes(), List.of(
                new Topology.Edge("os1", "os3", "open", RING, null, null))), 80, true);
        assertThat(lines.get(lines.size() - 1)).contains("├").contains("┼").contains("┤");
    }

    @Test
    void quarantinedChannelLooksOtherThanAnOpenOneAndSaysSo() {
        assertThat(TextDrawing.draw(machine(3, "quarantined"), 80, true))
                .filteredOn(line -> line.contains("quarantined")).singleElement().asString().contains("╌");
        assertThat(TextDrawing.draw(machine(16, "quarantined"), 40, false))
                .anySatisfy(line -> assertThat(line).contains("os1 .. os16 quarantined"));
    }

    @Test
    void whereThereIsNoRoomEveryChannelIsInAList() {
        List<String> lines = TextDrawing.draw(machine(2, "open"), 40, false);
        assertThat(String.join("\n", lines)).contains("os1 == os2").contains("channels, each ring 4 MiB:");
    }

    @Test
    void directionOfAFillFollowsThePlaceOnTheScreen() {
        Topology turned = new Topology("", List.of(node("left", "running"), node("right", "running")),
                List.of(new Topology.Edge("right", "left", "open", RING, RING / 2, 0L)));
        assertThat(TextDrawing.draw(turned, 80, true)).anySatisfy(line -> assertThat(line).contains("→0 % ←50 %"));
    }
}
