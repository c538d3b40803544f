// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import java.util.concurrent.TimeUnit;

/**
 * Whether to look for an answer before the loop sleeps, as sockets do with {@code SO_BUSY_POLL}.
 *
 * <p>Where an OS asks and its peer answers at once, the answer comes just after the loop fell asleep: it costs the peer
 * a doorbell and the loop a wake, on another processor as often as not. So after a request, which is a small frame that
 * came alone and went into a ring, the loop looks at the rings for a moment longer. Between two looks it yields: if the
 * peer waits for this very processor, it runs now and not after the last look.
 *
 * <p>A stream of frames or large segments is no request. Where no answer came in time, the next look is not before
 * {@link #MIN_BACK_OFF_NANOS}; twice that after the next one in vain, and so on. So frames that nobody answers cost
 * next to nothing.
 */
final class BusyPoll {
    /** About what a wake on another processor takes. */
    static final long MAX_NANOS = TimeUnit.MICROSECONDS.toNanos(40);
    /** The bound where a yield takes next to no time. */
    static final int MAX_LOOKS = 128;
    /** How long none is looked for after the first in vain, and at most. */
    static final long MIN_BACK_OFF_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
    static final long MAX_BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(64);

    /** A longer frame is part of a transfer. */
    private static final int MAX_REQUEST = 1514;

    private boolean requested;
    private long notBefore = Long.MIN_VALUE;
    private long backOff = MIN_BACK_OFF_NANOS;

    /** A frame of this length went into a ring, and had come alone. */
    void sent(int length) {
        requested = length <= MAX_REQUEST;
    }

    boolean isRequested() {
        return requested;
    }

    /** Whether to look, once nothing else is to do; then the outcome is to be told. */
    boolean begins(long now) {
        boolean begins = requested && now >= notBefore;
        requested = false;
        return begins;
    }

    /** Something came within the time, or nothing did. */
    void ended(boolean answered, long now) {
        if (answered) {
            backOff = MIN_BACK_OFF_NANOS;
        } else {
            notBefore = now + backOff;
            backOff = Math.min(2 * backOff, MAX_BACK_OFF_NANOS);
        }
    }
}
