// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.control.ControlServer;

/** What a guest can put in the place of a router's socket. */
@Timeout(8)
class RouterOptionTest {
    @TempDir
    private Path directory;
    private ControlServer server;
    private final List<AutoCloseable> open = new ArrayList<>();

    @BeforeEach
    void startGoodRouter() throws IOException {
        server = ControlServer.start(socket("good"), request -> Map.of("name", "good"));
    }

    @AfterEach
    void close() throws Exception {
        server.close();
        for (AutoCloseable one : open) {
            one.close();
        }
    }

    private Path socket(String os) throws IOException {
        return Files.createDirectories(directory.resolve(os)).resolve("router.sock");
    }

    private ServerSocketChannel listen(String os, int backlog) throws IOException {
        ServerSocketChannel listener = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        open.add(listener);
        return listener.bind(UnixDomainSocketAddress.of(socket(os)), backlog);
    }

    private void answer(String os, String reply) throws IOException {
        ServerSocketChannel listener = listen(os, 1);
        Thread thread = new Thread(() -> {
            try (SocketChannel client = listener.accept()) {
                client.read(ByteBuffer.allocate(1000));
                client.write(ByteBuffer.wrap(reply.getBytes(StandardCharsets.UTF_8)));
            } catch (IOException e) {
                // The claim of the test fails then.
                return;
            }
        });
        thread.setDaemon(true);
        thread.start();
    }

    private Map<String, Map<String, Object>> ask(String... systems) throws IOException {
        List<Path> sockets = new ArrayList<>();
        for (String os : systems) {
            sockets.add(socket(os));
        }
        return new RouterOption().ask(Map.of("verb", "status"), sockets);
    }

    private void assertOnlyGoodAnswers(String other) throws IOException {
        Map<String, Map<String, Object>> replies = ask(other, "good");
        assertThat(replies.get("good")).containsEntry("name", "good");
        assertThat(RouterOption.isAnswer(replies.get("good"))).isTrue();
        assertThat(replies.get(other)).containsEntry("state", "no answer").containsEntry("os", other);
        assertThat(String.valueOf(replies.get(other).get("why"))).doesNotContain("\u001b", "\n");
    }

    @Test
    void oneThatNeverAnswersCostsASecond() throws IOException {
        listen("silent", 1);
        assertOnlyGoodAnswers("silent");
    }

    @Test
    void oneThatNeverAcceptsCostsASecond() throws IOException {
        listen("full", 1);
        for (int i = 0; i < 2; i++) {
            open.add(SocketChannel.open(UnixDomainSocketAddress.of(socket("full"))));
        }
        assertOnlyGoodAnswers("full");
    }

    @Test
    void replyThatIsNoObjectIsAnErrorOfThatRouterAlone() throws IOException {
        answer("null", "null\n");
        answer("list", "[1]\n");
        answer("noise", "\u001b[2J\n");
        answer("error", "{\"error\":{\"code\":\"\u001b[2J\",\"message\":\"\\u001b[2J\"}}\n");
        for (String os : List.of("null", "list", "noise", "error")) {
            assertOnlyGoodAnswers(os);
        }
    }

    @Test
    void linkToTheSocketOfAnotherOsIsNotFollowed() throws IOException {
        Files.createSymbolicLink(socket("link"), socket("good"));
        assertOnlyGoodAnswers("link");
    }

    @Test
    void fileIsNotARouter() throws IOException {
        Files.writeString(socket("file"), "x");
        assertOnlyGoodAnswers("file");
    }

    @Test
    void whatAKilledRouterLeftIsPassedOver() throws IOException {
        listen("killed", 1).close();
        assertThat(ask("killed", "good")).containsOnlyKeys("good");
    }

    @Test
    void whereNoneAnswersTheCommandFails() throws IOException {
        answer("null", "null\n");
        assertThatThrownBy(() -> ask("null")).isInstanceOf(CommandFailure.class)
            .hasMessageContaining("no router answers: null (");
    }
}
