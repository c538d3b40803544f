// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;
import org.nanorouter.router.dump.Happening;

/** Tells a capture what happens to the OSes meanwhile, on a thread of its own. */
final class EventFollower {
    private static final Duration TIMEOUT = Duration.ofSeconds(5);
    private static final long PERIOD_NS = 250_000_000;
    private static final long NS_PER_S = 1_000_000_000;

    private final Path kernel;
    private final Consumer<Happening> listener;
    private long since = -1;

    private EventFollower(Path kernel, Consumer<Happening> listener) {
        this.kernel = kernel;
        this.listener = listener;
    }

    /** Follows until the program ends; a nanokernel that is gone is waited for. */
    static void start(Path kernel, Consumer<Happening> listener) {
        Thread thread = new Thread(new EventFollower(kernel, listener)::follow, "events");
        thread.setDaemon(true);
        thread.start();
    }

    private void follow() {
        while (true) {
            try (ControlClient client = ControlClient.connect(kernel, TIMEOUT)) {
                while (true) {
                    ask(client);
                    LockSupport.parkNanos(PERIOD_NS);
                }
            } catch (IOException | ControlException e) {
                // Its successor knows other events.
                since = -1;
                LockSupport.parkNanos(PERIOD_NS);
            }
        }
    }

    private void ask(ControlClient client) throws IOException, ControlException {
        Map<String, Object> reply = client.call(Map.of("verb", "os.events", "since", Math.max(0, since)));
        if (since >= 0) {
            ((List<?>) reply.get("events")).forEach(event -> tell((Map<?, ?>) event));
        }
        since = ((Number) reply.get("last")).longValue();
    }

    private void tell(Map<?, ?> event) {
        Instant time = Instant.parse(Reply.text(event, "time"));
        StringBuilder text = new StringBuilder("OS ").append(Reply.text(event, "os")).append(", epoch ")
            .append(Reply.text(event, "epoch")).append(": ");
        if (event.get("to") != null) {
            text.append(event.get("from")).append(" -> ").append(event.get("to")).append(", ");
        }
        Map<String, String> fields = new LinkedHashMap<>();
        fields.put("NANOROUTER_OS", Output.printable(Reply.text(event, "os")));
        fields.put("NANOROUTER_EPOCH", Output.printable(Reply.text(event, "epoch")));
        if (event.get("to") != null) {
            fields.put("NANOROUTER_STATE", Output.printable(Reply.text(event, "to")));
        }
        listener.accept(new Happening(time.getEpochSecond() * NS_PER_S + time.getNano(),
            Output.printable(text.append(Reply.text(event, "reason")).toString()), fields));
    }
}
