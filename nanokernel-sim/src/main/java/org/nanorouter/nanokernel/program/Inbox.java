// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.util.ArrayDeque;
import java.util.Deque;
import org.jspecify.annotations.Nullable;

/** Connections from which a receiver takes messages, those first whose turn is longest ago. */
final class Inbox {
    private final Deque<Connection> ready = new ArrayDeque<>();

    /** There may be something: its other end rang, or it is new. */
    void add(Connection connection) {
        if (!connection.ready) {
            connection.ready = true;
            ready.add(connection);
        }
    }

    /**
     * The next connection that has a message; the message is polled. Null if none has: each has asked to be rung for
     * then.
     */
    @Nullable Connection next() {
        while (!ready.isEmpty()) {
            Connection connection = ready.poll();
            if (connection.poll()) {
                ready.add(connection);
                return connection;
            }
            connection.ready = false;
        }
        return null;
    }

    void remove(Connection connection) {
        ready.remove(connection);
        connection.ready = false;
    }
}
