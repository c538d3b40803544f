// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import org.nanorouter.router.metrics.LatencyHistogram;
import org.nanorouter.router.port.FrameBatch;

/**
 * How long batches of a port took, hop by hop: one in {@value #EVERY}, or all while somebody captures. On the data
 * loop.
 */
public final class HopTimes {
    /** A power of two. */
    private static final int EVERY = 16;

    private int batches;
    private final LatencyHistogram ring = new LatencyHistogram();
    private final LatencyHistogram router = new LatencyHistogram();

    /** Whether this batch is to be measured: a look at the clock for each was a tenth of the engine's own time. */
    boolean isDue() {
        return (++batches & EVERY - 1) == 0;
    }

    /** Measures a batch, and answers when it had been sent. */
    long sent(FrameBatch batch, long now, long sentAt) {
        router.record(sentAt - now);
        if (batch.isFromRing()) {
            // The first has waited longest.
            ring.record(now - batch.enqueuedAt(0));
        }
        return sentAt;
    }

    /** How long the first frame of each had lain in the ring that it came from. */
    public LatencyHistogram ring() {
        return ring;
    }

    /** From its receipt until it was sent. */
    public LatencyHistogram router() {
        return router;
    }
}
