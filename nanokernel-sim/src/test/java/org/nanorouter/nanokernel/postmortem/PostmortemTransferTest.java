// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.postmortem;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.nanokernel.control.ControlHandler;
import org.nanorouter.nanokernel.control.ControlServer;

/** The verb os.postmortem, asked rightly and wrongly, and answered so. */
@Timeout(60)
class PostmortemTransferTest {
    private static final int CAPACITY = 1 << 20;
    private static final int LENGTH = 2 * PostmortemTransfer.MAX_PART + 8;

    @TempDir
    private Path directory;

    private static Postmortem postmortem(int epoch) {
        RingImage ring = new RingImage("guest", "host", CAPACITY, LENGTH + 800, RingImage.UNKNOWN, 5, 6, 100, 200,
                TwoOses.room(LENGTH));
        for (int i = 0; i < LENGTH; i++) {
            ring.bytes().put(i, (byte) (i * 31 + epoch));
        }
        return new Postmortem("guest", epoch, "panic", "panic 7", 100, 150 + epoch, 140, 1_000,
                new Postmortem.Panic(7, 149, "ü"), List.of(new Postmortem.Event(120, "one")), List.of(ring));
    }

    private Postmortem fetch(ControlHandler handler) throws IOException, ControlException {
        try (ControlServer server = ControlServer.start(directory.resolve("c"), handler);
                ControlClient client = ControlClient.connect(server.path())) {
            return PostmortemTransfer.fetch(client, "guest", false);
        }
    }

    @Test
    void whatIsFetchedIsWhatIsKept() throws Exception {
        assertThat(fetch(request -> PostmortemTransfer.answer(postmortem(3), request))).isEqualTo(postmortem(3));
    }

    @Test
    void noReplyIsLarge() throws Exception {
        List<Integer> lengths = new ArrayList<>();
        fetch(request -> {
            Map<String, Object> reply = PostmortemTransfer.answer(postmortem(3), request);
            lengths.add(reply.toString().length());
            return reply;
        });
        assertThat(lengths).hasSize(1 + 3).allMatch(length -> length < 2 * PostmortemTransfer.MAX_PART);
    }

    @Test
    void anOsThatFailsAgainMeanwhileIsSaidAndNotMixed() {
        int[] calls = {0};
        assertThatThrownBy(() -> fetch(request -> {
            try {
                return PostmortemTransfer.answer(postmortem(calls[0]++ < 2 ? 3 : 4), request);
            } catch (IllegalStateException e) {
                throw new ControlException(ControlException.CONFLICT, e.getMessage());
            }
        })).isInstanceOf(ControlException.class).hasMessageContaining("another copy is kept meanwhile");
    }

    @Test
    void bytesThatAreNotThereAreRefused() {
        Map<String, Object> request = new HashMap<>(Map.of("failed_at", 153, "ring", 0, "offset", LENGTH));
        assertThat(PostmortemTransfer.answer(postmortem(3), request)).containsEntry("data", "");
        for (Map<String, Object> wrong : List.<Map<String, Object>>of(Map.of("ring", 1), Map.of("ring", -1),
                Map.of("ring", "0"), Map.of("offset", -1), Map.of("offset", LENGTH + 1), Map.of("offset", 1L << 40))) {
            Map<String, Object> all = new HashMap<>(request);
            all.putAll(wrong);
            assertThatThrownBy(() -> PostmortemTransfer.answer(postmortem(3), all)).as("%s", wrong)
                    .isInstanceOf(IllegalArgumentException.class);
        }
    }

    @Test
    void anAnswerThatMakesNoSenseIsAnErrorAndNoEndlessLoop() {
        Map<String, Object> description = PostmortemTransfer.describe(postmortem(3));
        assertThatThrownBy(() -> fetch(request -> request.containsKey("ring") ? Map.of("data", "") : description))
                .isInstanceOf(IOException.class).hasMessageContaining("part=0");
        assertThatThrownBy(() -> fetch(request -> Map.of("failed_at", "three")))
                .isInstanceOf(IOException.class).hasMessageContaining("failed_at=three");
    }
}
