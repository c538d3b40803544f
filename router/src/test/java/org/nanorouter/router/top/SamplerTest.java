// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlServer;

@Timeout(30)
@SuppressWarnings("try")
class SamplerTest {
    private static final Duration PATIENCE = Duration.ofMillis(200);

    @TempDir
    private Path directory;

    private final Daemons daemons = new Daemons() {
        @Override
        public boolean hasNanokernel() {
            return true;
        }

        @Override
        public ControlClient nanokernel() throws IOException {
            return ControlClient.connect(directory.resolve("kernel.sock"));
        }

        @Override
        public Map<String, Path> routers() throws IOException {
            Map<String, Path> found = new TreeMap<>();
            for (String os : List.of("host", "guest")) {
                if (Files.exists(directory.resolve(os))) {
                    found.put(os, directory.resolve(os));
                }
            }
            return found;
        }

        @Override
        public ControlClient router(Path socket) throws IOException {
            return ControlClient.connect(socket);
        }
    };

    private ControlServer router(String os) throws IOException {
        return ControlServer.start(directory.resolve(os), request -> "status".equals(request.get("verb"))
                ? Map.of("pid", 5, "state", "ready", "uptime_s", 2.5, "standbys", List.of(6), "nanokernel", "attached")
                : Map.of("ports", List.of(Map.of("name", "nk\u001b0", "kind", "tap", "state", "up",
                        "received_bytes", 77, "drops", Map.of("runt", 2), "details", Map.of("device", "nk0")))));
    }

    private ControlServer kernel() throws IOException {
        return ControlServer.start(directory.resolve("kernel.sock"), request -> Map.of("instance", "default", "pid", 9,
                "uptime_s", 1.5, "oses", List.of(Map.of("name", "host", "state", "running", "epoch", 3,
                        "last_failure", Map.of("kind", "panic", "text", "panic 6", "ago_s", 4)))));
    }

    @Test
    void aSampleHasWhatTheDaemonsSayAndNoControlCharacters() throws Exception {
        try (ControlServer kernel = kernel(); ControlServer host = router("host");
                Sampler sampler = new Sampler(daemons, PATIENCE, System::nanoTime)) {
            Sample sample = sampler.sample();
            assertThat(sample.kernel()).isEqualTo(new Sample.Kernel("default", 9, 1.5, List.of(new Sample.Os("host", "",
                    "running", 3, -1, 0, 0, -1, "panic 6", 4)), null));
            assertThat(sample.routers()).hasSize(1);
            Sample.Router router = sample.routers().get(0);
            assertThat(router.pid()).isEqualTo(5);
            assertThat(router.standbys()).isEqualTo(1);
            assertThat(router.ports()).containsExactly(new Sample.Port("nk?0", "tap", "up", 0, 77, 0, 0, 0,
                    Map.of("runt", 2L), 0, 0));
            assertThat(sampler.sample().routers().get(0).life()).isEqualTo(router.life());
        }
    }

    @Test
    void whoComesBackHasAnotherLife() throws Exception {
        try (ControlServer kernel = kernel(); Sampler sampler = new Sampler(daemons, PATIENCE, System::nanoTime)) {
            ControlServer host = router("host");
            long life = sampler.sample().routers().get(0).life();
            host.close();
            Sample without = sampler.sample();
            assertThat(without.routers()).allMatch(router -> router.failure() != null);
            assertThat(without.kernel().failure()).isNull();
            try (ControlServer again = router("host")) {
                Sample.Router router = sampler.sample().routers().get(0);
                assertThat(router.failure()).isNull();
                assertThat(router.life()).isNotEqualTo(life);
            }
        }
        try (Sampler sampler = new Sampler(daemons, PATIENCE, System::nanoTime)) {
            assertThat(sampler.sample().kernel().failure()).isNotNull();
        }
    }

    @Test
    void whoHangsCostsTheOthersNothingAndIsNotAskedAgainBeforeItAnswered() throws Exception {
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
                ControlServer kernel = kernel(); ControlServer host = router("host");
                Sampler sampler = new Sampler(daemons, PATIENCE, System::nanoTime)) {
            listener.bind(UnixDomainSocketAddress.of(directory.resolve("guest")));
            Sample first = sampler.sample();
            assertThat(first.routers().get(0).failure()).contains("within 200 ms");
            assertThat(first.routers().get(1).failure()).isNull();
            assertThat(sampler.sample().routers().get(0).failure()).contains("within 200 ms");
            try (SocketChannel guest = listener.accept()) {
                ByteBuffer asked = ByteBuffer.allocate(1000);
                guest.read(asked);
                assertThat(new String(asked.array(), 0, asked.position(), StandardCharsets.US_ASCII).lines())
                        .hasSize(2);
                guest.write(ByteBuffer.wrap("{\"ports\":[]}\n{\"pid\":1}\n".getBytes(StandardCharsets.US_ASCII)));
                assertThat(sampler.sample().routers().get(0).failure()).isEqualTo("answered late");
                guest.write(ByteBuffer.wrap("{\"ports\":[]}\n".getBytes(StandardCharsets.US_ASCII)));
                assertThat(sampler.sample().routers().get(0).failure()).isNull();
            }
        }
    }
}
