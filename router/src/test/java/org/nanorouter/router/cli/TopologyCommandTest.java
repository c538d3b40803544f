// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.router.topology.Topology;

class TopologyCommandTest {
    @TempDir
    private Path directory;
    private final StringWriter out = new StringWriter();

    private int run(String... args) {
        return Nanorouter.commandLine(args).setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(new StringWriter(), true)).execute(args);
    }

    private Path machine() throws IOException {
        return Files.writeString(directory.resolve("machine.toml"), """
                [machine]
                ring_size = "1 MiB"
                [[os]]
                name = "host"
                kind = "external"
                [[os]]
                name = "guest"
                init = ["/bin/sh", "-c", "exec nk-agent --address 10.77.0.2/24"]
                [[os]]
                name = "alone"
                peers = ["guest"]
                services = [{ command = ["/opt/bin/nanorouter", "run", "-c", "x"] }]
                """);
    }

    @Test
    void configurationIsDrawnWithoutAnythingThatRuns() throws IOException {
        assertThat(run("topology", "-c", machine().toString(), "-j")).isEqualTo(ExitStatus.OK);
        assertThat(out.toString()).contains("\"a\" : \"host\"", "\"b\" : \"guest\"", "\"ring_size\" : 1048576",
                "10.77.0.2/24", "\"endpoint\" : \"router\"", "\"state\" : null").doesNotContain("\"b\" : \"host\"");
        assertThat(out.toString().split("\"a\" : ")).as("two channels").hasSize(3);
    }

    @Test
    void configurationWithMistakesIsRefusedAsOfEveryCommand() throws IOException {
        Path file = Files.writeString(directory.resolve("bad.toml"), "[machine]\nring = 1\n");
        assertThat(run("topology", "-c", file.toString())).isEqualTo(ExitStatus.CONFIGURATION);
        assertThat(run("topology", "--svg", "-", "-j", "-c", file.toString())).isEqualTo(ExitStatus.USAGE);
        assertThat(run("topology", "-I", "x", "-c", file.toString())).isEqualTo(ExitStatus.USAGE);
    }

    @Test
    void imageReplacesAFileAndNeverGoesThroughALink() throws IOException {
        Path file = Files.writeString(directory.resolve("old.svg"), "old");
        Path link = Files.createSymbolicLink(directory.resolve("link.svg"), file);
        assertThat(run("topology", "-c", machine().toString(), "--svg", link.toString()))
                .isEqualTo(ExitStatus.CANNOT_CREATE);
        assertThatThrownBy(() -> TopologyCommand.replace(Files.createDirectory(directory.resolve("d")), "x"))
                .isInstanceOf(FileAlreadyExistsException.class);
        assertThat(file).hasContent("old");
        assertThat(run("topology", "-c", machine().toString(), "--svg", file.toString())).isEqualTo(ExitStatus.OK);
        assertThat(Files.readString(file)).startsWith("<svg ").endsWith("</svg>\n");
        try (Stream<Path> all = Files.list(directory)) {
            assertThat(all.map(path -> path.getFileName().toString())).as("nothing hidden is left")
                    .containsExactlyInAnyOrder("old.svg", "link.svg", "d", "machine.toml");
        }
    }

    @Test
    void runningMachineHasItsRingsAsOneChannelEachAndItsRoutersTaps() {
        Map<String, Object> host = new LinkedHashMap<>(Map.of("name", "host", "kind", "external", "state", "running",
                "epoch", 2, "attached", true, "peers", List.of("guest"), "endpoint_pid", 0));
        Map<String, Object> guest = new LinkedHashMap<>(Map.of("name", "guest", "kind", "namespace", "state", "failed",
                "epoch", 5, "attached", false, "peers", List.of("host"), "init", List.of("nk-agent", "--address",
                "10.77.0.2/24")));
        List<Map<?, ?>> rings = List.of(
                Map.of("from", "host", "to", "guest", "state", "quarantined", "capacity", 1000, "used", 10),
                Map.of("from", "guest", "to", "host", "state", "quarantined", "capacity", 1000));
        MachineSnapshot machine = new MachineSnapshot(Map.of("instance", "demo", "pid", 7, "uptime_s", 5), "",
                List.of(host, guest), rings, List.of());
        Topology topology = TopologyReader.of(machine, Map.of("host", Map.of("pid", 9, "standbys", List.of(1))),
                Map.of("host", Map.of("ports", List.of(
                        Map.of("name", "t", "kind", "tap", "details", Map.of("device", "nk0")),
                        Map.of("name", "peers:guest", "kind", "channel"), Map.of("name", "vm", "kind", "nic")))));
        assertThat(topology.edges()).containsExactly(
                new Topology.Edge("host", "guest", "quarantined", 1000, 10L, null));
        assertThat(topology.nodes()).containsExactly(
                new Topology.Node("host", "external", "running", 2, "router, one standby",
                        List.of(new Topology.Interface("nk0", List.of()),
                                new Topology.Interface("vm (nic)", List.of()))),
                new Topology.Node("guest", "namespace", "failed", 5, "",
                        List.of(new Topology.Interface("nk0", List.of("10.77.0.2/24")))));
    }
}
