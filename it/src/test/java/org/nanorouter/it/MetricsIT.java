// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The built exporter, with the jars that it is installed with. */
@Tag("once")
@Timeout(60)
class MetricsIT {
    private static final Path SOURCE = Path.of(System.getProperty("nanorouter.source"));

    @TempDir
    private Path folder;

    private List<String> metrics(String... words) {
        List<String> command = new ArrayList<>(List.of(Privilege.requireDist().toString(), "metrics"));
        command.addAll(List.of(words));
        return command;
    }

    private Command run(String... words) {
        return Command.run(Map.of("NANOROUTER_RUN", folder.toString()), metrics(words));
    }

    @Test
    void whereNothingRunsTheNanokernelIsDown() {
        Command metrics = run();
        assertThat(metrics.status()).isZero();
        assertThat(metrics.out()).contains("\nnanorouter_nanokernel_up 0.0\n");
        assertThat(metrics.err()).isEmpty();
    }

    @Test
    void anAddressThatOthersCouldReachIsAUsageError() {
        Command metrics = run("--listen", "0.0.0.0:9477");
        assertThat(metrics.status()).isEqualTo(64);
        assertThat(metrics.err()).contains("'0.0.0.0:9477' is not of loopback");
    }

    @Test
    void aUnixSocketIsServedUntilTheExporterIsEnded() throws Exception {
        Path socket = folder.resolve("metrics.sock");
        ProcessBuilder builder = new ProcessBuilder(metrics("--listen", "unix:" + socket));
        builder.environment().put("NANOROUTER_RUN", folder.toString());
        Process exporter = builder.redirectErrorStream(true).redirectOutput(folder.resolve("log").toFile()).start();
        try {
            await("it serves").atMost(Duration.ofSeconds(30)).until(() -> Files.exists(socket));
            assertThat(get(socket, "/metrics")).startsWith("HTTP/1.1 200 OK\r\n")
                    .contains("text/plain; version=0.0.4").contains("\nnanorouter_nanokernel_up 0.0\n");
            assertThat(get(socket, "/metrics", "Accept: application/openmetrics-text; version=1.0.0"))
                    .endsWith("# EOF\n");
            assertThat(run("--listen", "unix:" + socket).status()).isEqualTo(69);
        } finally {
            exporter.destroy();
        }
        assertThat(exporter.waitFor()).as(Files.readString(folder.resolve("log"))).isZero();
        assertThat(socket).doesNotExist();
    }

    private static String get(Path socket, String path, String... headers) throws IOException {
        try (SocketChannel client = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            String request = "GET " + path + " HTTP/1.1\r\nConnection: close\r\n" + String.join("\r\n", headers)
                    + (headers.length > 0 ? "\r\n\r\n" : "\r\n");
            client.write(ByteBuffer.wrap(request.getBytes(StandardCharsets.UTF_8)));
            ByteBuffer answer = ByteBuffer.allocate(1 << 20);
            while (client.read(answer) >= 0) {
                assertThat(answer.hasRemaining()).isTrue();
            }
            return StandardCharsets.UTF_8.decode(answer.flip()).toString();
        }
    }

    @Test
    void theDashboardAndTheRulesAreInstalled() throws IOException {
        Path config = Privilege.requireDist().resolve("../../config").normalize();
        for (String name : List.of("alerts.yml", "grafana-dashboard.json")) {
            assertThat(config.resolve(name)).hasSameTextualContentAs(SOURCE.resolve("config").resolve(name));
        }
    }
}
