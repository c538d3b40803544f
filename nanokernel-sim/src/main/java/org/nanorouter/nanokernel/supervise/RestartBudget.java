// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.ArrayDeque;
import java.util.Deque;
import org.nanorouter.nanokernel.config.RestartConfig;

/**
 * How often and how soon one OS is restarted: the restart intensity of an Erlang supervisor, and a delay that doubles.
 * Times are nanoseconds of one clock that the caller reads.
 */
final class RestartBudget {
    /** There is no restart any more. */
    static final long EXHAUSTED = -1;

    private final long delayNs;
    private final long maxDelayNs;
    private final int limit;
    private final long windowNs;
    /** When the restarts within the window were; only as many as the limit asks for. */
    private final Deque<Long> restarts = new ArrayDeque<>();
    private int inRow;
    private long lastAt;

    RestartBudget(RestartConfig config) {
        this.delayNs = config.delay().toNanos();
        this.maxDelayNs = config.maxDelay().toNanos();
        this.limit = config.limit();
        this.windowNs = config.window().toNanos();
    }

    /** The OS failed: how long to wait before it is started again, or {@link #EXHAUSTED}. */
    long failed(long now) {
        while (!restarts.isEmpty() && now - restarts.getFirst() > windowNs) {
            restarts.removeFirst();
        }
        if (limit > 0 && restarts.size() >= limit) {
            return EXHAUSTED;
        }
        if (limit > 0) {
            restarts.addLast(now);
        }
        inRow = inRow > 0 && now - lastAt <= windowNs ? inRow + 1 : 1;
        lastAt = now;
        long delay = delayNs;
        for (int doubled = 1; doubled < inRow && delay < maxDelayNs; doubled++) {
            delay *= 2;
        }
        return Math.min(delay, maxDelayNs);
    }

    /** Restarts that count now, the last one included. */
    int used() {
        return restarts.size();
    }

    /** The operator starts it: what was before counts no more. */
    void clear() {
        restarts.clear();
        inRow = 0;
    }
}
