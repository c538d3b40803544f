// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Makes samples of the daemons' replies. What is missing or of another type, as from a daemon of another version, is
 * nothing, or 0.
 */
final class Replies {
    private Replies() {
    }

    static Sample.Kernel kernel(Map<String, Object> status) {
        List<Sample.Os> oses = new ArrayList<>();
        for (Map<?, ?> os : objects(status, "oses")) {
            Map<?, ?> failure = object(os, "last_failure");
            oses.add(new Sample.Os(text(os, "name"), text(os, "kind"), text(os, "state"), number(os, "epoch", 0),
                    number(os, "heartbeat_silence_ms", -1), number(os, "heartbeat_deadline_ms", 0),
                    number(os, "restarts", 0), real(os, "uptime_s", -1), failure(failure),
                    real(failure, "ago_s", 0)));
        }
        return new Sample.Kernel(text(status, "instance"), number(status, "pid", 0), real(status, "uptime_s", 0),
                List.copyOf(oses), null);
    }

    private static @Nullable String failure(Map<?, ?> failure) {
        if (failure.isEmpty()) {
            return null;
        }
        String kind = text(failure, "kind");
        String text = text(failure, "text");
        return text.isEmpty() ? kind : text.startsWith(kind) ? text : kind + ": " + text;
    }

    /** The reply to {@code status} may be an older one than that to {@code port}. */
    static Sample.Router router(String os, long atNs, long life, Map<String, Object> status, double statusAgeS,
            Map<String, Object> ports) {
        List<Sample.Port> list = new ArrayList<>();
        for (Map<?, ?> port : objects(ports, "ports")) {
            Map<?, ?> details = object(port, "details");
            list.add(new Sample.Port(text(port, "name"), text(port, "kind"), text(port, "state"),
                    number(details, "peer_epoch", 0), number(port, "received_bytes", 0),
                    number(port, "received_frames", 0), number(port, "sent_bytes", 0),
                    number(port, "sent_frames", 0), drops(port), number(details, "ring_used", 0),
                    number(details, "ring_capacity", 0)));
        }
        int standbys = status.get("standbys") instanceof List<?> pids ? pids.size() : 0;
        return new Sample.Router(os, atNs, null, life, number(status, "pid", 0), text(status, "state"),
                text(status, "nanokernel"), real(status, "uptime_s", 0) + statusAgeS, standbys, List.copyOf(list));
    }

    private static Map<String, Long> drops(Map<?, ?> port) {
        Map<?, ?> reasons = object(port, "drops");
        if (reasons.isEmpty()) {
            return Map.of();
        }
        Map<String, Long> drops = new LinkedHashMap<>();
        for (Map.Entry<?, ?> entry : reasons.entrySet()) {
            if (entry.getValue() instanceof Number frames) {
                drops.put(printable(String.valueOf(entry.getKey())), frames.longValue());
            }
        }
        return drops;
    }

    private static List<Map<?, ?>> objects(Map<?, ?> reply, String key) {
        List<Map<?, ?>> objects = new ArrayList<>();
        if (reply.get(key) instanceof List<?> list) {
            for (Object element : list) {
                if (element instanceof Map<?, ?> object) {
                    objects.add(object);
                }
            }
        }
        return objects;
    }

    private static Map<?, ?> object(Map<?, ?> reply, String key) {
        return reply.get(key) instanceof Map<?, ?> object ? object : Map.of();
    }

    private static long number(Map<?, ?> reply, String key, long missing) {
        return reply.get(key) instanceof Number number ? number.longValue() : missing;
    }

    private static double real(Map<?, ?> reply, String key, double missing) {
        return reply.get(key) instanceof Number number ? number.doubleValue() : missing;
    }

    private static String text(Map<?, ?> reply, String key) {
        return reply.get(key) instanceof String text ? printable(text) : "";
    }

    /** Text with a question mark for what is not a plain character: it may come from an OS, and a terminal obeys it. */
    static String printable(String text) {
        StringBuilder safe = null;
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c < ' ' || c > '~') {
                safe = safe == null ? new StringBuilder(text) : safe;
                safe.setCharAt(i, '?');
            }
        }
        return safe == null ? text : safe.toString();
    }
}
