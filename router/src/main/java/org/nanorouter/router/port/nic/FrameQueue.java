// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.port.FrameBatch;

/** Frames on their way from one thread to another one: bounded, single producer, single consumer. */
final class FrameQueue {
    static final int CAPACITY = 256;

    private final byte[][] frames = new byte[CAPACITY][];
    private final int[] lengths = new int[CAPACITY];
    /** Release by the producer; the consumer's acquire makes the frame visible. */
    private final AtomicLong tail = new AtomicLong();
    /** Release by the consumer; the producer's acquire lets it reuse the place. */
    private final AtomicLong head = new AtomicLong();

    /** A place to write the next frame to, or null if there is none; producer only. */
    byte @Nullable [] claim() {
        long next = tail.getPlain();
        if (next - head.getAcquire() == CAPACITY) {
            return null;
        }
        int index = (int) (next % CAPACITY);
        if (frames[index] == null) {
            frames[index] = new byte[FrameBatch.MAX_FRAME];
        }
        return frames[index];
    }

    /** Hands on what was written to the claimed place; producer only. */
    void publish(int length) {
        long next = tail.getPlain();
        lengths[(int) (next % CAPACITY)] = length;
        tail.setRelease(next + 1);
    }

    /** Length of the oldest frame, or -1 if there is none; consumer only. */
    int peek() {
        long next = head.getPlain();
        return next == tail.getAcquire() ? -1 : lengths[(int) (next % CAPACITY)];
    }

    /** Bytes of the oldest frame, which {@link #peek} found; consumer only. */
    byte[] oldest() {
        return frames[(int) (head.getPlain() % CAPACITY)];
    }

    /** Gives the oldest frame's place back; consumer only. */
    void release() {
        head.setRelease(head.getPlain() + 1);
    }
}
