// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;

/** Asks the nanokernel. Every call has a connection of its own, so any thread may call. */
final class Kernel {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);

    private final Path socket;

    Kernel(Path socket) {
        this.socket = socket;
    }

    /**
     * An event as the nanokernel tells it.
     *
     * @param at CLOCK_MONOTONIC in nanoseconds
     * @param to label of the new state; null if none changed
     */
    record Event(long sequence, long at, String os, int epoch, @Nullable String to, String reason) {
        private static Event of(Map<?, ?> entry) throws IOException {
            Object to = entry.get("to");
            return new Event(number(entry, "sequence"), number(entry, "monotonic_ns"), text(entry, "os"),
                    (int) number(entry, "epoch"), to == null ? null : to.toString(), text(entry, "reason"));
        }
    }

    /** One OS of the list. */
    record Os(String name, String state, int epoch, long pid, boolean ready) {
    }

    private Map<String, Object> call(Map<String, Object> request) throws IOException, ControlException {
        try (ControlClient client = ControlClient.connect(socket, TIMEOUT)) {
            return client.call(request);
        }
    }

    List<Os> list() throws IOException, ControlException {
        List<Os> oses = new ArrayList<>();
        for (Object each : (List<?>) call(Map.of("verb", "os.list")).get("oses")) {
            Map<?, ?> os = (Map<?, ?>) each;
            oses.add(new Os(text(os, "name"), text(os, "state"), (int) number(os, "epoch"),
                    os.get("pid") instanceof Number pid ? pid.longValue() : 0, Boolean.TRUE.equals(os.get("ready"))));
        }
        return oses;
    }

    /** What it takes to enter an OS. */
    Map<String, Object> entrance(String os) throws IOException, ControlException {
        return call(Map.of("verb", "os.enter", "os", os));
    }

    /** Everything about one OS. */
    Map<String, Object> show(String os) throws IOException, ControlException {
        return call(Map.of("verb", "os.show", "os", os));
    }

    /** When the OS wrote the panic record of its last failure, as it says; empty if it left none. */
    OptionalLong trapAt(String os) throws IOException, ControlException {
        return call(Map.of("verb", "os.postmortem", "os", os)).get("panic") instanceof Map<?, ?> panic
                ? OptionalLong.of(number(panic, "at")) : OptionalLong.empty();
    }

    /** {@code ms} is of use to {@code os.mute} alone. */
    void inject(String verb, String os, int ms) throws IOException, ControlException {
        call(Map.of("verb", verb, "os", os, "ms", ms));
    }

    /** Events after a sequence number. */
    List<Event> events(long since) throws IOException, ControlException {
        List<Event> events = new ArrayList<>();
        for (Object each : (List<?>) call(Map.of("verb", "os.events", "since", since)).get("events")) {
            events.add(Event.of((Map<?, ?>) each));
        }
        return events;
    }

    /** Sequence number of the newest event. */
    long lastEvent() throws IOException, ControlException {
        return ((Number) call(Map.of("verb", "os.events", "since", Long.MAX_VALUE)).get("last")).longValue();
    }

    private static long number(Map<?, ?> map, String key) throws IOException {
        if (map.get(key) instanceof Number number) {
            return number.longValue();
        }
        throw new IOException("the nanokernel says no " + key);
    }

    private static String text(Map<?, ?> map, String key) {
        return String.valueOf(map.get(key));
    }
}
