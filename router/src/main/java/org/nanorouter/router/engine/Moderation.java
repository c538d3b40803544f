// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import java.util.concurrent.TimeUnit;
import org.nanorouter.router.port.FrameBatch;

/**
 * Interrupt moderation of one ingress: for how long to leave it alone once it is empty, as a NIC with adaptive
 * moderation does ({@code ethtool -C adaptive-rx on}). {@code moderation.c} of the agent is its twin.
 *
 * <p>Small frames in quick succession wake the loop one by one, and it wakes the process behind it: a wake costs more
 * than a frame does. So an ingress where frames stream in is left alone, once it is empty, for about as long as a full
 * batch takes to come together, and is then asked without having called.
 *
 * <p>Nobody who waits for an answer may be held up by that:
 * <ul>
 * <li>A frame that comes alone starts no pause; so it is with a keystroke, a request, an acknowledgement.
 * <li>Where frames go out as well, one for every four that come in or more, they are taken for answers.
 * <li>A pause in which less than a quarter came of what was expected was in vain: the sender waits for something. The
 *     next one is not tried before {@link #MIN_BACK_OFF_NANOS}; twice that after the next vain one, and so on.
 * </ul>
 *
 * <p>Large segments are no stream of small frames: one of them is a batch.
 *
 * <p>An ingress under a flood is never empty, and its loop never done: on few processors it works until the scheduler
 * makes it wait, and whoever takes the frames gets what is left. So it rests after each batch, for half as long as that
 * took, and leaves a third of its processor to them. What comes too fast then finds the queue full.
 */
final class Moderation {
    /** A shorter pause gains less than the wake that it saves. */
    static final long MIN_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(20);
    /** A longer one would be felt, and fill the queues before and behind. NICs go up to 256 us. */
    static final long MAX_PAUSE_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
    /** The part of the time a batch took that is a rest, under a flood. */
    private static final int REST_DIVISOR = 2;
    /** How long there is no pause after the first in vain, and at most. */
    static final long MIN_BACK_OFF_NANOS = TimeUnit.MICROSECONDS.toNanos(200);
    static final long MAX_BACK_OFF_NANOS = TimeUnit.MILLISECONDS.toNanos(64);

    /** A batch, by frames or by bytes. */
    private static final int BATCH_FRAMES = FrameBatch.MAX_FRAMES;
    private static final int BATCH_BYTES = 64 * 1024;

    /** Frames that come on the average until it is empty; fewer come alone. */
    private static final double MIN_FRAMES = 1.5;
    /** Frames that a pause has to bring. */
    private static final double MIN_EXPECTED = 2;
    /** The part of those without which it was in vain. */
    private static final double VAIN = 1.0 / 4;
    /** Frames that come in for one that goes out, if those that go out are no answers. */
    private static final double FRAMES_PER_ANSWER = 4;

    /** What was longer ago says nothing about now. */
    private static final long MEMORY_NANOS = TimeUnit.MILLISECONDS.toNanos(8);
    /** The weight of the last time against all before. */
    private static final double WEIGHT = 1.0 / 8;

    private long emptyAt;
    /** Averages of what came and went, and of the time it took, from one time that it was empty to the next. */
    private double frames;
    private double bytes;
    private double answers;
    private double nanos;

    /** What the pause that is under way should bring; 0: there is none. */
    private double expected;
    private long noPauseBefore = Long.MIN_VALUE;
    private long backOff = MIN_BACK_OFF_NANOS;

    /**
     * The ingress is empty.
     *
     * @param now time
     * @param newFrames came since it was empty the last time
     * @param newBytes of these
     * @param newAnswers frames that went out there in that time
     * @return for how long to leave it alone, in nanoseconds; 0: not at all
     */
    long pause(long now, long newFrames, long newBytes, long newAnswers) {
        judge(now, newFrames);
        long elapsed = now - emptyAt;
        emptyAt = now;
        if (elapsed > MEMORY_NANOS) {
            frames = 0;
            bytes = 0;
            answers = 0;
            nanos = 0;
            return 0;
        }
        frames += (newFrames - frames) * WEIGHT;
        bytes += (newBytes - bytes) * WEIGHT;
        answers += (newAnswers - answers) * WEIGHT;
        nanos += (elapsed - nanos) * WEIGHT;
        if (frames < MIN_FRAMES || answers * FRAMES_PER_ANSWER >= frames || now < noPauseBefore) {
            return 0;
        }
        double batch = nanos * Math.min(BATCH_FRAMES / frames, BATCH_BYTES / bytes);
        double pause = Math.min(batch, MAX_PAUSE_NANOS);
        double brings = pause * frames / nanos;
        if (pause < MIN_PAUSE_NANOS || brings < MIN_EXPECTED) {
            return 0;
        }
        expected = brings;
        return (long) pause;
    }

    /**
     * Under a flood, after a batch.
     *
     * @param worked how long the batch took, in nanoseconds
     * @return for how long to leave the ingress alone, in nanoseconds
     */
    static long rest(long worked) {
        return Math.min(worked / REST_DIVISOR, MAX_PAUSE_NANOS);
    }

    /** Whether the pause that was under way has brought what was expected. */
    private void judge(long now, long brought) {
        if (expected > 0 && brought < expected * VAIN) {
            noPauseBefore = now + backOff;
            backOff = Math.min(2 * backOff, MAX_BACK_OFF_NANOS);
        } else if (expected > 0) {
            backOff = MIN_BACK_OFF_NANOS;
        }
        expected = 0;
    }
}
