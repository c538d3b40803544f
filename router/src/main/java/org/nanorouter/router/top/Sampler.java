// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlClient;
import org.nanorouter.nanokernel.control.ControlException;

/**
 * Asks the daemons, over connections that stay open. All are asked before the first answer is waited for, so that one
 * that hangs costs the others nothing; it is not asked again before it has answered. On one thread at a time.
 */
public final class Sampler implements AutoCloseable {
    /** What a status has besides the ports changes rarely. */
    private static final int ROUNDS_PER_STATUS = 5;
    private static final int MAX_REASON = 60;
    private static final double NS_PER_S = 1e9;
    private static final Map<String, Object> STATUS = Map.of("verb", "status");
    private static final Map<String, Object> PORTS = Map.of("verb", "port");

    private final Daemons daemons;
    private final Duration patience;
    private final LongSupplier clock;
    private final Map<String, RouterLine> routers = new TreeMap<>();
    private final KernelLine kernel = new KernelLine();
    private long lives;

    /**
     * A sampler.
     *
     * @param patience how long a round waits for those that do not answer
     * @param clock    monotonic, in nanoseconds
     */
    public Sampler(Daemons daemons, Duration patience, LongSupplier clock) {
        this.daemons = daemons;
        this.patience = patience;
        this.clock = clock;
    }

    /** One round; takes little longer than the patience. */
    public Sample sample() {
        String trouble = lookForRouters();
        if (daemons.hasNanokernel()) {
            kernel.ask();
        }
        for (RouterLine router : routers.values()) {
            router.ask();
        }
        long deadline = clock.getAsLong() + patience.toNanos();
        Sample.Kernel kernelSample = daemons.hasNanokernel() ? kernel.hear(deadline) : null;
        List<Sample.Router> answers = new ArrayList<>();
        for (RouterLine router : routers.values()) {
            answers.add(router.hear(deadline));
        }
        if (answers.isEmpty() && trouble != null && kernelSample == null) {
            answers.add(Sample.Router.silent("", clock.getAsLong(), trouble));
        }
        return new Sample(clock.getAsLong(), kernelSample, List.copyOf(answers));
    }

    /** Finds those that came; forgets those that went. Returns why it could not look, or null. */
    private @Nullable String lookForRouters() {
        Map<String, Path> found;
        try {
            found = daemons.routers();
        } catch (IOException e) {
            return reason(e);
        }
        for (Map.Entry<String, Path> entry : found.entrySet()) {
            RouterLine known = routers.get(entry.getKey());
            if (known == null) {
                routers.put(entry.getKey(), new RouterLine(entry.getKey(), entry.getValue()));
            }
        }
        routers.values().removeIf(router -> !found.containsKey(router.os) && !router.isOpen());
        return null;
    }

    static String reason(Exception failure) {
        String text = Replies.printable(String.valueOf(failure.getMessage()));
        return text.length() > MAX_REASON ? text.substring(0, MAX_REASON) : text;
    }

    @Override
    public void close() {
        kernel.drop();
        routers.values().forEach(Line::drop);
    }

    /** A connection to a daemon, or why there is none. */
    private abstract class Line {
        private @Nullable ControlClient client;
        /** Requests whose replies have not come. */
        private int open;
        /** False if they are of an earlier round. */
        private boolean fresh;
        @Nullable String failure;

        abstract ControlClient connect() throws IOException;

        abstract List<Map<String, Object>> requests();

        boolean isOpen() {
            return client != null;
        }

        /** Sends this round's requests, unless old ones wait for their replies. */
        void ask() {
            try {
                ControlClient current = client;
                if (current == null) {
                    current = connect();
                    client = current;
                    open = 0;
                }
                fresh = open == 0;
                if (fresh) {
                    for (Map<String, Object> request : requests()) {
                        current.send(request);
                        open++;
                    }
                }
            } catch (IOException e) {
                fail(e);
            }
        }

        /** The replies to this round's requests; null if one is missing, and then why in {@code failure}. */
        @Nullable List<Map<String, Object>> replies(long deadline) {
            ControlClient current = client;
            if (current == null) {
                return null;
            }
            failure = fresh ? null : "answered late";
            List<Map<String, Object>> replies = new ArrayList<>();
            try {
                while (open > 0) {
                    try {
                        Duration left = Duration.ofNanos(Math.max(0, deadline - clock.getAsLong()));
                        replies.add(current.receive(left));
                    } catch (ControlException e) {
                        failure = reason(e);
                    }
                    open--;
                }
            } catch (SocketTimeoutException e) {
                failure = "nothing within " + patience.toMillis() + " ms";
            } catch (IOException e) {
                fail(e);
            }
            return failure == null ? replies : null;
        }

        private void fail(IOException e) {
            drop();
            failure = reason(e);
        }

        void drop() {
            ControlClient current = client;
            client = null;
            if (current != null) {
                try {
                    current.close();
                } catch (IOException e) {
                    failure = reason(e);
                }
            }
        }
    }

    private final class KernelLine extends Line {
        @Override
        ControlClient connect() throws IOException {
            return daemons.nanokernel();
        }

        @Override
        List<Map<String, Object>> requests() {
            return List.of(STATUS);
        }

        Sample.Kernel hear(long deadline) {
            List<Map<String, Object>> replies = replies(deadline);
            return replies == null ? Sample.Kernel.silent(String.valueOf(failure)) : Replies.kernel(replies.get(0));
        }
    }

    private final class RouterLine extends Line {
        private final String os;
        private final Path socket;
        private long life;
        private int rounds;
        private Map<String, Object> status = Map.of();
        private long statusAt;

        RouterLine(String os, Path socket) {
            this.os = os;
            this.socket = socket;
        }

        @Override
        ControlClient connect() throws IOException {
            ControlClient connected = daemons.router(socket);
            life = ++lives;
            rounds = 0;
            return connected;
        }

        @Override
        List<Map<String, Object>> requests() {
            return rounds++ % ROUNDS_PER_STATUS == 0 ? List.of(PORTS, STATUS) : List.of(PORTS);
        }

        Sample.Router hear(long deadline) {
            List<Map<String, Object>> replies = replies(deadline);
            long at = clock.getAsLong();
            if (replies == null) {
                return Sample.Router.silent(os, at, String.valueOf(failure));
            }
            if (replies.size() > 1) {
                status = replies.get(1);
                statusAt = at;
            }
            return Replies.router(os, at, life, status, (at - statusAt) / NS_PER_S, replies.get(0));
        }
    }
}
