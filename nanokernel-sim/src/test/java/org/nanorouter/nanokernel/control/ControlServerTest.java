// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.control;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.net.BindException;
import java.net.SocketTimeoutException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

@Timeout(30)
class ControlServerTest {
    @TempDir
    private Path directory;
    private Path path;
    private ControlServer server;

    @BeforeEach
    void start() throws IOException {
        path = directory.resolve("c.sock");
        server = ControlServer.start(path, ControlServerTest::handle);
    }

    @AfterEach
    void stop() {
        server.close();
    }

    private static Map<String, Object> handle(Map<String, Object> request) throws ControlException {
        return switch ((String) request.get("verb")) {
            case "echo" -> request;
            case "big" -> Map.of("text", "x".repeat(8 << 20));
            case "broken" -> throw new IllegalStateException("broken");
            default -> throw new ControlException(ControlException.UNKNOWN_VERB, "unknown verb " + request.get("verb"));
        };
    }

    @Test
    void aClientTakesNoReplyBeyondItsLimitAndWaitsNotBeyondItsDeadline() throws Exception {
        try (ControlClient client = ControlClient.connect(path)) {
            client.limitReplies(1 << 20);
            assertThat(client.call(Map.of("verb", "echo"), System.nanoTime() + 10_000_000_000L)).containsKey("verb");
            assertThatThrownBy(() -> client.call("big")).isInstanceOf(IOException.class)
                    .hasMessageContaining("more than 1048576 bytes");
        }
        Path silent = directory.resolve("silent.sock");
        try (ServerSocketChannel nobody = ServerSocketChannel.open(StandardProtocolFamily.UNIX)
                    .bind(UnixDomainSocketAddress.of(silent));
                ControlClient client = ControlClient.connect(silent)) {
            assertThat(nobody.isOpen()).isTrue();
            assertThatThrownBy(() -> client.call(Map.of("verb", "echo"), System.nanoTime() + 1_000_000))
                    .isInstanceOf(IOException.class).hasMessageContaining("no reply");
        }
    }

    @Test
    void aRequestIsAnsweredAndTheSocketIsForItsOwnerAlone() throws Exception {
        try (ControlClient client = ControlClient.connect(path)) {
            assertThat(client.call("echo", "n", 5)).containsEntry("n", 5);
            assertThat(client.call("echo", "n", "ä")).containsEntry("n", "ä");
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(path))).isEqualTo("rw-------");
        try (var files = Files.list(directory)) {
            assertThat(files).containsExactly(path);
        }
    }

    @Test
    void anErrorHasItsCodeAndTheConnectionGoesOn() throws Exception {
        try (ControlClient client = ControlClient.connect(path)) {
            ControlException unknown = catchThrowableOfType(ControlException.class, () -> client.call("nothing"));
            assertThat(unknown.code()).isEqualTo("unknown-verb");
            ControlException broken = catchThrowableOfType(ControlException.class, () -> client.call("broken"));
            assertThat(broken.code()).isEqualTo("internal");
            assertThat(client.call("echo")).containsEntry("verb", "echo");
        }
    }

    @Test
    void aReplyThatIsLateCanBeWaitedForAgain() throws Exception {
        Path slow = directory.resolve("slow.sock");
        try (ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            listener.bind(UnixDomainSocketAddress.of(slow));
            try (ControlClient client = ControlClient.connect(slow); SocketChannel server = listener.accept()) {
                client.send(Map.of("verb", "echo"));
                client.send(Map.of("verb", "echo"));
                assertThatThrownBy(() -> client.receive(Duration.ZERO)).isInstanceOf(SocketTimeoutException.class);
                write(server, "{\"n\":");
                assertThatThrownBy(() -> client.receive(Duration.ofMillis(1)))
                        .isInstanceOf(SocketTimeoutException.class).hasMessageContaining("1 ms");
                write(server, "1}\n{\"n\":2}\n");
                assertThat(client.receive(Duration.ofSeconds(10))).containsEntry("n", 1);
                assertThat(client.receive(Duration.ZERO)).containsEntry("n", 2);
            }
        }
    }

    @Test
    void garbageIsAnsweredWithAnErrorAndManyRequestsInOnePacketWithAsManyReplies() throws Exception {
        try (SocketChannel raw = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            write(raw, "{\n[]\n\u0000\n{\"verb\":5}\n\n{\"verb\":\"echo\"}\n{\"verb\":\"echo\"}\n");
            List<String> replies = lines(raw, 6);
            assertThat(replies.subList(0, 4)).allMatch(line -> line.contains("bad-request"));
            assertThat(replies.subList(4, 6)).containsOnly("{\"verb\":\"echo\"}");
        }
    }

    @Test
    void aRequestThatNeverEndsLosesItsConnection() throws Exception {
        try (SocketChannel raw = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            assertThatThrownBy(() -> {
                while (true) {
                    write(raw, "x".repeat(1024));
                }
            }).isInstanceOf(IOException.class);
        }
        assertAlive();
    }

    @Test
    void aClientThatDoesNotFetchItsReplyStopsNobodyElse() throws Exception {
        try (SocketChannel slow = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            write(slow, "{\"verb\":\"big\"}\n{\"verb\":\"big\"}\n");
            assertAlive();
            assertThat(lines(slow, 2)).allMatch(line -> line.length() > 8 << 20);
        }
    }

    @Test
    void theSeventeenthClientIsToldAndAPlaceIsFreeAgainLater() throws Exception {
        List<ControlClient> clients = new ArrayList<>();
        for (int i = 0; i < ControlServer.MAX_CLIENTS; i++) {
            clients.add(ControlClient.connect(path));
            clients.get(i).call("echo");
        }
        try (SocketChannel raw = SocketChannel.open(UnixDomainSocketAddress.of(path))) {
            assertThat(lines(raw, 1).get(0)).contains("unavailable", "too many clients");
        }
        clients.remove(0).close();
        await().ignoreExceptions().untilAsserted(this::assertAlive);
        for (ControlClient client : clients) {
            client.close();
        }
    }

    @Test
    void aSecondServerIsRefusedAndADeadOnesSocketReplaced() throws Exception {
        assertThatThrownBy(() -> ControlServer.start(path, ControlServerTest::handle))
                .isInstanceOf(BindException.class).hasMessageContaining("served by another process");
        Path dead = directory.resolve("dead.sock");
        try (var channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            channel.bind(UnixDomainSocketAddress.of(dead));
        }
        assertThat(dead).exists();
        try (ControlServer second = ControlServer.start(dead, ControlServerTest::handle);
                ControlClient client = ControlClient.connect(second.path())) {
            assertThat(client.call("echo")).containsKey("verb");
        }
        assertThat(dead).doesNotExist();
    }

    @Test
    void aPathThatNoSocketCanHaveIsRefusedWithItsLimit() {
        assertThatThrownBy(() -> ControlServer.start(directory.resolve("x".repeat(120)), ControlServerTest::handle))
                .isExactlyInstanceOf(IOException.class).hasMessageContaining("107 bytes");
    }

    private void assertAlive() throws IOException, ControlException {
        try (ControlClient client = ControlClient.connect(path)) {
            assertThat(client.call("echo")).containsEntry("verb", "echo");
        }
    }

    private static void write(SocketChannel channel, String text) throws IOException {
        ByteBuffer bytes = ByteBuffer.wrap(text.getBytes(StandardCharsets.UTF_8));
        while (bytes.hasRemaining()) {
            channel.write(bytes);
        }
    }

    private static List<String> lines(SocketChannel channel, int count) throws IOException {
        StringBuilder text = new StringBuilder();
        ByteBuffer bytes = ByteBuffer.allocate(1 << 16);
        while (text.chars().filter(c -> c == '\n').count() < count && channel.read(bytes.clear()) >= 0) {
            text.append(StandardCharsets.UTF_8.decode(bytes.flip()));
        }
        return List.of(text.toString().split("\n"));
    }
}
