// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.BindException;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.control.ControlServer;

/** Real control sockets, with short answers, and real HTTP clients. */
@Timeout(60)
class ExporterServerTest {
    private static final ListenAddress ANY_PORT = ListenAddress.parse("127.0.0.1:0");
    private static final String METRICS = "/metrics";
    private static final String BODY = "x".repeat(2_000);

    @TempDir
    private Path directory;
    private final List<AutoCloseable> open = new ArrayList<>();
    private final CountDownLatch stuck = new CountDownLatch(1);
    private final AtomicInteger asked = new AtomicInteger();
    private final HttpClient http = HttpClient.newHttpClient();
    private Scraper scraper;

    @BeforeEach
    void start() throws IOException {
        open.add(ControlServer.start(directory.resolve("kernel.sock"), this::kernel));
        open.add(ControlServer.start(directory.resolve("good.sock"), ExporterServerTest::router));
        open.add(ControlServer.start(directory.resolve("stuck.sock"), request -> {
            waitFor(stuck);
            return Map.of();
        }));
        scraper = new Scraper(new Sockets(directory), "1");
        open.add(scraper);
    }

    private static void waitFor(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void stop() throws Exception {
        stuck.countDown();
        for (int i = open.size() - 1; i >= 0; i--) {
            open.get(i).close();
        }
    }

    private Map<String, Object> kernel(Map<String, Object> request) {
        asked.incrementAndGet();
        return Map.of("uptime_s", 1, "oses", List.of());
    }

    private static Map<String, Object> router(Map<String, Object> request) {
        return "port".equals(request.get("verb")) ? Map.of("ports", List.of()) : Map.of("state", "ready");
    }

    /** Four daemons: two that answer, one that says nothing, one that is gone. */
    private record Sockets(Path directory) implements Daemons {
        @Override
        public Daemon nanokernel() {
            return daemon("kernel");
        }

        @Override
        public Map<String, Daemon> routers() {
            Map<String, Daemon> routers = new LinkedHashMap<>();
            List.of("good", "stuck", "gone").forEach(name -> routers.put(name, daemon(name)));
            return routers;
        }

        private Daemon daemon(String name) {
            return (deadline, verbs) -> ask(directory.resolve(name + ".sock"), deadline, verbs);
        }

        private static List<Map<String, Object>> ask(Path path, long deadline, String... verbs)
                throws IOException, ControlException {
            try (ControlClient client =
                    ControlClient.connect(path, Duration.ofNanos(deadline - System.nanoTime()))) {
                List<Map<String, Object>> replies = new ArrayList<>();
                for (String verb : verbs) {
                    replies.add(client.call(Map.of("verb", verb), deadline));
                }
                return replies;
            }
        }
    }

    private ExporterServer serve(ListenAddress address, Duration clientTime) throws IOException {
        ExporterServer server = ExporterServer.start(address, scraper, clientTime);
        open.add(server);
        return server;
    }

    private HttpRequest.Builder request(ExporterServer server, String path) {
        return HttpRequest.newBuilder(URI.create(server.address().toString()).resolve(path));
    }

    private HttpResponse<String> get(ExporterServer server, String path) throws Exception {
        return http.send(request(server, path).build(), HttpResponse.BodyHandlers.ofString());
    }

    /** Sends bytes and returns what comes until the server closes the connection. */
    private static String raw(SocketAddress address, String text) throws IOException {
        try (SocketChannel client = SocketChannel.open(address)) {
            client.write(ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8)));
            return rest(client);
        }
    }

    private static String rest(SocketChannel client) throws IOException {
        ByteBuffer answer = ByteBuffer.allocate(1 << 16);
        try {
            while (client.read(answer) >= 0 && answer.hasRemaining()) {
                continue;
            }
        } catch (IOException e) {
            // A reset ends it, too, if the server did not read everything.
            assertThat(e).hasMessageContaining("reset");
        }
        return StandardCharsets.UTF_8.decode(answer.flip()).toString();
    }

    @Test
    void aDaemonThatSaysNothingIsDownAfterASecondAndTheRestIsThere() throws Exception {
        ExporterServer server = serve(ANY_PORT, ExporterServer.CLIENT_TIME);
        long begin = System.nanoTime();
        HttpResponse<String> response = get(server, METRICS);
        assertThat(Duration.ofNanos(System.nanoTime() - begin)).isLessThan(Duration.ofSeconds(10));
        assertThat(response.statusCode()).isEqualTo(200);
        assertThat(response.headers().firstValue("Content-Type")).hasValue("text/plain; version=0.0.4; charset=utf-8");
        assertThat(ExpositionText.parse(response.body()).samples())
                .containsEntry("nanorouter_nanokernel_up{}", 1.0)
                .containsEntry("nanorouter_router_up{router=good}", 1.0)
                .containsEntry("nanorouter_router_ready{router=good}", 1.0)
                .containsEntry("nanorouter_router_up{router=stuck}", 0.0)
                .containsEntry("nanorouter_router_up{router=gone}", 0.0);
    }

    @Test
    void scrapesAtTheSameTimeShareWhatTheDaemonsSay() throws Exception {
        ExporterServer server = serve(ANY_PORT, ExporterServer.CLIENT_TIME);
        List<CompletableFuture<HttpResponse<String>>> responses = new ArrayList<>();
        for (int i = 0; i < 10; i++) {
            responses.add(http.sendAsync(request(server, METRICS).build(), HttpResponse.BodyHandlers.ofString()));
        }
        // Answered while the scrape waits for the daemon that says nothing.
        assertThat(get(server, "/").statusCode()).isEqualTo(200);
        for (CompletableFuture<HttpResponse<String>> response : responses) {
            assertThat(response.join().statusCode()).isEqualTo(200);
        }
        assertThat(asked.get()).isBetween(1, 5);
    }

    @Test
    void whoAsksForOpenMetricsGetsIt() throws Exception {
        stuck.countDown();
        ExporterServer server = serve(ANY_PORT, ExporterServer.CLIENT_TIME);
        HttpResponse<String> response = http.send(request(server, "/metrics?x=1").header("Accept",
                "application/openmetrics-text;version=1.0.0;q=0.75,text/plain;version=0.0.4;q=0.5").build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(response.headers().firstValue("Content-Type").orElseThrow())
                .startsWith("application/openmetrics-text; version=1.0.0");
        assertThat(response.body()).contains("# TYPE nanorouter_build info\n").endsWith("# EOF\n");
    }

    @Test
    void thereIsAPageAndNothingElse() throws Exception {
        stuck.countDown();
        ExporterServer server = serve(ANY_PORT, ExporterServer.CLIENT_TIME);
        assertThat(get(server, "/").body()).contains("href=\"/metrics\"").hasLineCount(1);
        assertThat(get(server, "/metric").statusCode()).isEqualTo(404);
        HttpResponse<String> post = http.send(
                request(server, METRICS).POST(HttpRequest.BodyPublishers.ofString("x")).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(post.statusCode()).isEqualTo(405);
        assertThat(post.headers().firstValue("Allow")).hasValue("GET, HEAD");
        HttpResponse<String> head = http.send(
                request(server, METRICS).method("HEAD", HttpRequest.BodyPublishers.noBody()).build(),
                HttpResponse.BodyHandlers.ofString());
        assertThat(head.statusCode()).isEqualTo(200);
        assertThat(head.body()).isEmpty();
        assertThat(head.headers().firstValueAsLong("Content-Length").orElseThrow()).isPositive();
    }

    @Test
    void aRequestHasBounds() throws Exception {
        SocketAddress at = serve(ANY_PORT, ExporterServer.CLIENT_TIME).address().address();
        assertThat(raw(at, "GET /" + "x".repeat(2_000) + " HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 414 ");
        assertThat(raw(at, "GET / HTTP/1.1\r\nX: " + "x".repeat(10_000) + "\r\n\r\n")).startsWith("HTTP/1.1 431 ");
        assertThat(raw(at, "GET / HTTP/1.1\r\nConnection: close\r\nContent-Length: 2000\r\n\r\n" + BODY))
                .startsWith("HTTP/1.1 413 ");
        assertThat(raw(at, "\u0001\u0002\u0003\r\n\r\n")).startsWith("HTTP/1.1 400 ");
    }

    @Test
    void whoSendsNothingOrHalfARequestIsClosed() throws Exception {
        SocketAddress at = serve(ANY_PORT, Duration.ofMillis(200)).address().address();
        assertThat(raw(at, "")).isEmpty();
        assertThat(raw(at, "GET /metrics HTTP/1.1\r\n")).isEmpty();
        assertThat(raw(at, "GET / HTTP/1.1\r\n\r\n")).startsWith("HTTP/1.1 200 ");
    }

    @Test
    void moreClientsThanThereIsRoomForAreTurnedAwayAndTheirPlacesAreFreeAgain() throws Exception {
        SocketAddress at = serve(ANY_PORT, ExporterServer.CLIENT_TIME).address().address();
        List<SocketChannel> clients = new ArrayList<>();
        try {
            for (int i = 0; i < ExporterServer.MAX_CLIENTS; i++) {
                clients.add(SocketChannel.open(at));
            }
            try (SocketChannel more = SocketChannel.open(at)) {
                assertThat(rest(more)).isEmpty();
            }
        } finally {
            for (SocketChannel client : clients) {
                client.close();
            }
        }
        await().atMost(Duration.ofSeconds(10)).ignoreExceptions().until(() ->
                raw(at, "GET / HTTP/1.1\r\nConnection: close\r\n\r\n").startsWith("HTTP/1.1 200 "));
    }

    @Test
    void aSocketsFileIsForItsOwnerAloneAndTakesThePlaceOfADeadOne() throws Exception {
        Path file = directory.resolve("http.sock");
        try (ServerSocketChannel dead = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            dead.bind(UnixDomainSocketAddress.of(file));
        }
        ListenAddress address = ListenAddress.parse("unix:" + file);
        try (ExporterServer server = ExporterServer.start(address, scraper, ExporterServer.CLIENT_TIME)) {
            assertThat(server.address()).isEqualTo(address);
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file))).isEqualTo("rw-------");
            assertThat(raw(UnixDomainSocketAddress.of(file), "GET / HTTP/1.1\r\nConnection: close\r\n\r\n"))
                    .startsWith("HTTP/1.1 200 ");
            assertThatThrownBy(() -> ExporterServer.start(address, scraper, ExporterServer.CLIENT_TIME))
                    .isInstanceOf(BindException.class).hasMessageContaining("served by another process");
        }
        assertThat(file).doesNotExist();
        Files.writeString(file, "precious");
        assertThatThrownBy(() -> ExporterServer.start(address, scraper, ExporterServer.CLIENT_TIME))
                .isInstanceOf(IOException.class).hasMessageContaining("no socket");
        assertThat(file).hasContent("precious");
    }

    @Test
    void aPortThatIsTakenIsRefused() throws Exception {
        InetSocketAddress taken = (InetSocketAddress) serve(ANY_PORT, ExporterServer.CLIENT_TIME).address().address();
        assertThatThrownBy(() -> serve(new ListenAddress(taken), ExporterServer.CLIENT_TIME))
                .isInstanceOf(BindException.class);
    }
}
