// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.tap;

import java.util.concurrent.TimeUnit;

/**
 * When the TAP's queue is to be a short one. {@code queue.c} of the agent is its twin.
 *
 * <p>Who sends more small datagrams than the other side can take keeps everybody behind the TAP busy with carrying what
 * a full socket then drops, and on few processors their work is taken from the receiver itself: the more is carried,
 * the less arrives ("receive livelock", Mogul and Ramakrishnan 1997). So under such a flood the queue is short, and
 * what is too much is dropped at the sender, where that costs next to nothing. TCP, whose frames are few and large,
 * needs a long queue, and gets it.
 */
final class QueueLimit {
    /** A flood: so many frames in a second, of so many bytes at most, and fewer than one in four is answered. */
    static final int FLOOD_FRAMES = 100_000;
    static final int SMALL_FRAME = 512;
    static final int FRAMES_PER_ANSWER = 4;
    /** How long there is none until the queue is a long one again. */
    static final long CALM_NANOS = TimeUnit.SECONDS.toNanos(1);

    private static final double NANOS_PER_SECOND = 1e9;

    private boolean hasLooked;
    private long lookedAt;
    private long frames;
    private long bytes;
    private long answers;
    private long floodedAt;
    private boolean isShort;

    /** Whether the queue is to be short, as of the last look. */
    boolean isShort() {
        return isShort;
    }

    /**
     * Looks; to be called now and then.
     *
     * @param now time
     * @param allFrames that came since the begin
     * @param allBytes of these
     * @param allAnswers frames that went out there since then
     * @return true if the queue is to be the other one now
     */
    boolean look(long now, long allFrames, long allBytes, long allAnswers) {
        double seconds = (now - lookedAt) / NANOS_PER_SECOND;
        boolean wasShort = isShort;
        if (hasLooked && isFlood(allFrames - frames, allBytes - bytes, allAnswers - answers, seconds)) {
            floodedAt = now;
            isShort = true;
        } else if (now - floodedAt >= CALM_NANOS) {
            isShort = false;
        }
        hasLooked = true;
        lookedAt = now;
        frames = allFrames;
        bytes = allBytes;
        answers = allAnswers;
        return isShort != wasShort;
    }

    private static boolean isFlood(long frames, long bytes, long answers, double seconds) {
        return frames >= FLOOD_FRAMES * seconds && bytes <= frames * SMALL_FRAME
            && answers * FRAMES_PER_ANSWER < frames;
    }
}
