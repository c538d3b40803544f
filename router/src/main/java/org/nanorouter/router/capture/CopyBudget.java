// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.util.concurrent.TimeUnit;

/**
 * What the captures of a router may copy while its data loop is short of time: a bucket of bytes, filled at a steady
 * rate. A loop that has time to spare copies all.
 *
 * <p>A copy takes its time on the thread that moves the frames, and drives frames out of the processor's caches; and
 * what is copied has to be written, on processors that others want. So a loop that waits for its processor, or has next
 * to none of its time left, copies no more than costs the frames a few percent; the rest is counted as dropped by the
 * capture. An empty bucket is used again only when it holds some more, so that what is captured are stretches without
 * gaps, not single frames.
 *
 * <p>On the data loop.
 */
final class CopyBudget {
    /** Into the bucket. */
    static final long BYTES_PER_SECOND = 24 << 20;
    /** What a frame costs beside its bytes, in bytes. */
    static final int FRAME = 512;
    /** What the bucket holds. */
    static final long FULL = BYTES_PER_SECOND / 4;
    /** What an emptied one has to hold before it is used. */
    static final long USABLE = FULL / 8;
    /** How often it is asked whether the loop is short of time. */
    static final long PERIOD_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    /** Short of time: it waits for a processor so much of the time, or runs so much of it. */
    static final double WAITING = 1.0 / 4;
    static final double RUNNING = 3.0 / 4;
    /** It is so until it does neither for so much of the time: copying all takes time as well. */
    static final double RELIEVED = 2.0 / 3;

    /** What the thread of the caller has done since it began. */
    interface ThreadTimes {
        /** Reads the times; whether they are known. */
        boolean read();

        /** Nanoseconds on a processor. */
        long running();

        /** Nanoseconds that it could have run, and had no processor. */
        long waiting();
    }

    private final ThreadTimes times;
    private long bytes = FULL;
    private boolean isEmpty;
    private boolean isShort;
    /** As far as it was known the last time. */
    private boolean wasShort;
    private boolean hasBegun;
    private long filledAt;
    private long askedAt;
    private long running;
    private long waiting;

    CopyBudget(ThreadTimes times) {
        this.times = times;
    }

    /** Before the frames of a batch are taken. */
    void at(long now) {
        if (!hasBegun || now - askedAt >= PERIOD_NANOS) {
            ask(now);
        }
        // So seldom that what the division loses does not count.
        if (now - filledAt >= TimeUnit.MILLISECONDS.toNanos(1)) {
            long micros = Math.min(TimeUnit.NANOSECONDS.toMicros(now - filledAt), TimeUnit.SECONDS.toMicros(1));
            bytes = Math.min(FULL, bytes + micros * BYTES_PER_SECOND / TimeUnit.SECONDS.toMicros(1));
            filledAt = now;
        }
        isEmpty &= bytes < USABLE;
    }

    private void ask(long now) {
        long ranBefore = running;
        long waitedBefore = waiting;
        double elapsed = now - askedAt;
        boolean areKnown = times.read();
        running = times.running();
        waiting = times.waiting();
        if (!hasBegun || !areKnown) {
            // Nothing is known: the frames go first.
            isShort = true;
        } else {
            double much = wasShort ? elapsed * RELIEVED : elapsed;
            wasShort = waiting - waitedBefore >= much * WAITING || running - ranBefore >= much * RUNNING;
            isShort = wasShort;
        }
        if (!hasBegun) {
            hasBegun = true;
            filledAt = now;
        }
        askedAt = now;
    }

    /** Whether a frame may be copied of which so much is kept. */
    boolean has(int kept) {
        if (!isShort) {
            return true;
        }
        isEmpty |= bytes < kept + FRAME;
        return !isEmpty;
    }

    /** It was copied. */
    void took(int kept) {
        bytes = Math.max(0, bytes - kept - FRAME);
    }
}
