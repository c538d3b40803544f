// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import org.jspecify.annotations.Nullable;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Landing;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.Port;

/** What the engine remembers about one port. */
final class PortSlot {
    private static final long HAS_ROOM = Long.MIN_VALUE;
    private static final long NOT_PAUSED = Port.NEVER;
    private static final long NOT_WORKING = Long.MIN_VALUE;

    final int index;
    final Port port;
    final @Nullable Landing landing;
    final boolean readsIntoSpace;
    final boolean isPolledForFree;

    /** Null: it is asked whenever it calls. */
    private final @Nullable Moderation moderation;
    private long framesSinceEmpty;
    private long bytesSinceEmpty;
    private long sentWhenEmpty;
    /** When the turn of its last batch began, if it may have more. */
    private long workingSince = NOT_WORKING;
    /** Until when it is left alone. */
    private long pausedUntil = NOT_PAUSED;

    /** Whether a receive may find something, as far as is known without a system call. */
    boolean ready = true;
    /** Where its last frame for one destination went. */
    @Nullable PortSlot predicted;
    /** The egress for whose room it waits. */
    @Nullable PortSlot waitsFor;
    /** Whether something was sent to it that is not flushed. */
    boolean dirty;
    /** It threw. */
    boolean failed;

    private long fullSince = HAS_ROOM;

    /** Of its batches. */
    final HopTimes times = new HopTimes();

    PortSlot(int index, Port port) {
        this.index = index;
        this.port = port;
        this.landing = port.landing();
        this.readsIntoSpace = port.readsIntoSpace();
        this.isPolledForFree = port.isPolledForFree();
        this.moderation = port.isModerated() ? new Moderation() : null;
    }

    /** It may have something. */
    void markReady() {
        if (!isPaused()) {
            ready = true;
        }
    }

    /** Whether it is left alone before its next batch; so it is after each one under a flood. */
    boolean rests(long now) {
        if (workingSince == NOT_WORKING || moderation == null || !port.isFlooded()) {
            return false;
        }
        leaveAlone(now, Moderation.rest(now - workingSince));
        workingSince = NOT_WORKING;
        ready = !isPaused();
        return isPaused();
    }

    /** A batch came from it; or none, and it is drained. */
    void received(FrameBatch batch, long now) {
        framesSinceEmpty += batch.receivedFrames();
        bytesSinceEmpty += batch.receivedBytes();
        ready = batch.count() > 0 && !batch.isDrained();
        workingSince = ready ? now : NOT_WORKING;
        if (!ready && moderation != null) {
            empty(now);
        }
    }

    private void empty(long now) {
        long sent = port.counters().get(PortCounter.SENT_FRAMES);
        long pause = moderation.pause(now, framesSinceEmpty, bytesSinceEmpty, sent - sentWhenEmpty);
        framesSinceEmpty = 0;
        bytesSinceEmpty = 0;
        sentWhenEmpty = sent;
        leaveAlone(now, pause);
    }

    private void leaveAlone(long now, long pause) {
        pausedUntil = pause == 0 ? NOT_PAUSED : now + pause;
        if (pause > 0) {
            port.counters().add(PortCounter.MODERATIONS, 1);
        }
    }

    /** Whether it is left alone, so that its descriptor need not wake anyone. */
    boolean isPaused() {
        return pausedUntil != NOT_PAUSED;
    }

    /** When it is to be asked again though it does not call. */
    long resumeAt() {
        return pausedUntil;
    }

    /** The pause is over. */
    void resume() {
        pausedUntil = NOT_PAUSED;
        ready = true;
    }

    /** Whether an ingress whose frames go here should not be asked for any now. */
    boolean holdsBack(long now) {
        if (port.onFull() == OnFull.DROP) {
            return false;
        }
        if (port.hasRoom()) {
            fullSince = HAS_ROOM;
            return false;
        }
        if (fullSince == HAS_ROOM) {
            fullSince = now;
        }
        return now - fullSince < Engine.MAX_WAIT_NANOS;
    }

    /** When it stops holding back even if it stays full. */
    long holdsBackUntil() {
        return fullSince == HAS_ROOM ? Port.NEVER : fullSince + Engine.MAX_WAIT_NANOS;
    }
}
