// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;

/**
 * What a nanokernel says of its machine at one time, and what /proc adds.
 *
 * @param nanokernel its status; null if it does not answer
 * @param why        why it does not; empty if it does
 * @param oses       each OS that is meant, as {@code os show} shows it
 * @param rings      each ring, as the verb {@code channels} has it; empty if the nanokernel is older than that
 * @param events     the last ones, oldest first
 */
record MachineSnapshot(@Nullable Map<String, Object> nanokernel, String why, List<Map<String, Object>> oses,
        List<Map<?, ?>> rings, List<Map<?, ?>> events) {
    private static final Duration TIMEOUT = Duration.ofSeconds(3);

    /** Of a machine whose nanokernel is not asked. */
    static MachineSnapshot none(String why) {
        return new MachineSnapshot(null, why, List.of(), List.of(), List.of());
    }

    /**
     * Asks the nanokernel at a socket.
     *
     * @param os     the one that is meant; null: all
     * @param events how many of the last ones
     * @throws CommandFailure if there is no such OS
     */
    static MachineSnapshot take(Path socket, @Nullable String os, int events) {
        try (ControlClient client = ControlClient.connect(socket, TIMEOUT)) {
            Map<String, Object> status = client.call("status");
            List<Map<String, Object>> oses = new ArrayList<>();
            for (Map<?, ?> each : Reply.objects(status, "oses")) {
                String name = Reply.text(each, "name");
                if (os == null || os.equals(name)) {
                    oses.add(client.call("os.show", "os", name));
                }
            }
            if (os != null && oses.isEmpty()) {
                throw new CommandFailure(ExitStatus.UNAVAILABLE, "there is no OS " + os
                        + "; 'nanorouter os list' shows them");
            }
            status.remove("oses");
            return new MachineSnapshot(status, "", oses, rings(client), events(client, os, events));
        } catch (ControlException e) {
            return none(String.valueOf(e.getMessage()));
        } catch (IOException e) {
            return none(socket + ": " + e.getMessage());
        }
    }

    private static List<Map<?, ?>> rings(ControlClient client) throws IOException, ControlException {
        try {
            return Reply.objects(client.call("channels"), "rings");
        } catch (ControlException e) {
            if (ControlException.UNKNOWN_VERB.equals(e.code())) {
                return List.of();
            }
            throw e;
        }
    }

    private static List<Map<?, ?>> events(ControlClient client, @Nullable String os, int count)
            throws IOException, ControlException {
        if (count == 0) {
            return List.of();
        }
        Map<String, Object> request = new LinkedHashMap<>(Map.of("verb", "os.events"));
        if (os == null) {
            // Nothing is after that, and the answer says which is the last.
            long last = Reply.number(client.call("os.events", "since", Long.MAX_VALUE), "last");
            request.put("since", Math.max(0, last - count));
        } else {
            request.put("os", os);
        }
        List<Map<?, ?>> events = Reply.objects(client.call(request), "events");
        return events.subList(Math.max(0, events.size() - count), events.size());
    }
}
