// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import org.nanorouter.router.metrics.LatencyHistogram;
import org.nanorouter.router.port.FrameBatch;

/** How long the batches of a port took, hop by hop. On the data loop. */
public final class HopTimes {
    private final LatencyHistogram ring = new LatencyHistogram();
    private final LatencyHistogram router = new LatencyHistogram();

    void sent(FrameBatch batch, long now, long sentAt) {
        router.record(sentAt - now);
        if (batch.isFromRing()) {
            // The first has waited longest.
            ring.record(now - batch.enqueuedAt(0));
        }
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
