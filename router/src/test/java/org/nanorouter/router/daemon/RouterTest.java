// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.router.config.RouterConfig;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.SlotDescriptor;
import org.nanorouter.shim.UnixSocket;

/** A whole router with two emulated NICs on sockets, which takes no privilege. */
class RouterTest {
    private static final int FRAME_LENGTH = 60;

    @TempDir
    private Path directory;
    private Path file;
    private Router router;

    @BeforeEach
    void start() throws Exception {
        file = directory.resolve("router.toml");
        write("a", "b");
        router = Router.start(RouterConfig.read(file, Map.of()), file, Map.of());
    }

    @AfterEach
    void close() {
        router.close();
    }

    private void write(String... nics) throws IOException {
        StringBuilder text = new StringBuilder("[control]\nsocket = 'router.sock'\n");
        for (String nic : nics) {
            text.append("[[port]]\nname = '").append(nic).append("'\nkind = 'nic'\ntype = 'dgram'\nlocal = '")
                .append(nic).append(".router'\nremote = '").append(nic).append(".peer'\n");
        }
        Files.writeString(file, text.toString());
    }

    private Map<String, Object> call(String verb) throws IOException, ControlException {
        try (ControlClient client = ControlClient.connect(directory.resolve("router.sock"))) {
            return client.call(verb);
        }
    }

    private static List<String> names(Map<String, Object> reply) {
        return ((List<?>) reply.get("ports")).stream().map(port -> (String) ((Map<?, ?>) port).get("name")).toList();
    }

    private List<Object> states() throws IOException, ControlException {
        List<?> ports = (List<?>) call("port").get("ports");
        return ports.stream().<Object>map(port -> ((Map<?, ?>) port).get("state")).toList();
    }

    private static long total(Map<String, Object> status, String key) {
        return ((Number) ((Map<?, ?>) status.get("totals")).get(key)).longValue();
    }

    private long received() throws IOException, ControlException {
        return total(call("status"), "received_frames");
    }

    @Test
    void framesGoFromNicToNicAndTheStatusAgrees() throws Exception {
        int near = UnixSocket.datagramBind(directory.resolve("a.peer").toString(), 0600);
        int far = UnixSocket.datagramBind(directory.resolve("b.peer").toString(), 0600);
        try (NativeBuffer memory = NativeBuffer.allocate(4096)) {
            await().until(() -> states().equals(List.of("up", "up")));
            assertThat(UnixSocket.datagramConnect(near, directory.resolve("a.router").toString())).isZero();
            ByteBuffer bytes = memory.buffer();
            bytes.putLong(SlotDescriptor.ADDRESS_OFFSET, memory.address() + 1024);
            bytes.putInt(SlotDescriptor.LENGTH_OFFSET, FRAME_LENGTH);
            bytes.put(1024, new byte[] {2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 7, 8, 6});
            assertThat(UnixSocket.sendBatch(near, memory.address(), 1)).isEqualTo(1);
            bytes.putInt(SlotDescriptor.LENGTH_OFFSET, 2048);
            await().until(() -> UnixSocket.receiveBatch(far, memory.address(), 1) == 1);
            assertThat(bytes.getInt(SlotDescriptor.RESULT_OFFSET)).isEqualTo(FRAME_LENGTH);
            Map<String, Object> status = call("status");
            assertThat(total(status, "received_frames")).isEqualTo(1);
            assertThat(total(status, "forwarded_frames")).isEqualTo(1);
            assertThat(total(status, "sent_bytes")).isEqualTo(FRAME_LENGTH);
            assertThat(String.valueOf(call("fdb").get("entries"))).contains("02:00:00:00:00:07").contains("port=a");
            assertThat(call("fdb-flush")).containsEntry("removed", 1);
        } finally {
            Fd.close(near);
            Fd.close(far);
        }
    }

    @Test
    void aReloadAddsAndRemovesPorts() throws Exception {
        write("b", "c");
        assertThat(String.valueOf(call("reload"))).contains("removed port a", "added port c");
        assertThat(names(call("port"))).containsExactlyInAnyOrder("b", "c");
        assertThat(directory.resolve("a.router")).doesNotExist();
        assertThat(received()).isZero();
    }

    @Test
    void aReloadOfAFileWithMistakesChangesNothing() throws Exception {
        write("b");
        Files.writeString(file, Files.readString(file) + "[[port]]\nname = 'x'\n");
        assertThat(String.valueOf(call("reload").get("mistakes"))).contains("'port.kind' is missing");
        assertThat(names(call("port"))).containsExactly("a", "b");
    }

    @Test
    void aReloadNamesWhatTakesARestart() throws Exception {
        Files.writeString(file, "[bridge]\ncapacity = 100\n" + Files.readString(file));
        assertThat(call("reload")).containsEntry("restart_needed", List.of("bridge"));
    }

    @Test
    void aSecondRouterOnTheSamePathsIsRefusedAndTheFirstGoesOn() throws Exception {
        RouterConfig config = RouterConfig.read(file, Map.of());
        StartException failure =
            catchThrowableOfType(StartException.class, () -> Router.start(config, file, Map.of()));
        assertThat(failure.kind()).isEqualTo(StartException.Kind.UNAVAILABLE);
        assertThat(failure).hasMessageContaining("router.sock");
        assertThat(names(call("port"))).containsExactly("a", "b");
    }

    @Test
    void aPortThatCannotBeMadeLeavesNothingBehind() throws Exception {
        Path other = Files.createDirectory(directory.resolve("other"));
        Path second = other.resolve("router.toml");
        Files.writeString(second, Files.readString(file).replace("b.router", "../b.router"));
        RouterConfig config = RouterConfig.read(second, Map.of());
        StartException failure =
            catchThrowableOfType(StartException.class, () -> Router.start(config, second, Map.of()));
        assertThat(failure).hasMessageContaining("port b");
        assertThat(other).isDirectoryContaining(path -> path.equals(second));
        try (var left = Files.list(other)) {
            assertThat(left).containsExactly(second);
        }
    }

    @Test
    void withoutANanokernelTheMessageSaysSo() throws Exception {
        Path second = directory.resolve("attached.toml");
        Files.writeString(second, "[attach]\nsocket = 'none.sock'\nos = 'host'\ntoken_file = 'token'\n"
            + Files.readString(file).replace("router.sock", "second.sock").replace(".router'", ".second'"));
        Files.write(directory.resolve("token"), new byte[32]);
        RouterConfig config = RouterConfig.read(second, Map.of());
        StartException failure =
            catchThrowableOfType(StartException.class, () -> Router.start(config, second, Map.of()));
        assertThat(failure.kind()).isEqualTo(StartException.Kind.UNAVAILABLE);
        assertThat(failure).hasMessageContaining("nanorouter kernel");
        assertThat(directory.resolve("second.sock")).doesNotExist();
    }

    @Test
    void anUnknownVerbOrPortIsRefusedByName() {
        assertThat(catchThrowableOfType(ControlException.class, () -> call("stats")).code())
            .isEqualTo(ControlException.UNKNOWN_VERB);
        assertThat(catchThrowableOfType(ControlException.class, () -> {
            try (ControlClient client = ControlClient.connect(directory.resolve("router.sock"))) {
                client.call("port", "name", "nobody");
            }
        }).code()).isEqualTo(ControlException.NOT_FOUND);
    }
}
