// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port;

import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.metrics.PortCounters;

/**
 * One way in and out of the router. All methods are called on the data loop; none blocks; those called per batch or
 * per frame neither allocate nor throw.
 */
public interface Port extends AutoCloseable {
    /** {@link #readinessDescriptor} of a port that has none. */
    int NO_DESCRIPTOR = -1;

    /** {@link #nextReceiveAt} of a port that waits for no time. */
    long NEVER = Long.MAX_VALUE;

    /** Name from the configuration, unique in the router. */
    String name();

    PortKind kind();

    PortState state();

    /** The same object for the port's whole life. */
    PortCounters counters();

    /** A descriptor that becomes readable when {@link #receive} may find something, or {@link #NO_DESCRIPTOR}. */
    default int readinessDescriptor() {
        return NO_DESCRIPTOR;
    }

    /**
     * When to call {@link #receive} again although no descriptor becomes readable, in {@code System.nanoTime()}
     * nanoseconds: a time in the past means at once, {@link #NEVER} means that the descriptor tells.
     */
    default long nextReceiveAt() {
        return NEVER;
    }

    /** Whether {@link #receive} reads frames into the space; the ports that do not are given any space. */
    default boolean readsIntoSpace() {
        return false;
    }

    /**
     * Whether frames may wait at the descriptor for a fraction of a millisecond when they come in quick succession, so
     * that many are received at once: its queue holds what comes in that time.
     */
    default boolean isModerated() {
        return false;
    }

    /** Whether more small frames come in than can be taken: of one that is moderated. */
    default boolean isFlooded() {
        return false;
    }

    /** Whether {@link #receive} costs no system call when there is nothing: then it is called more often. */
    default boolean isPolledForFree() {
        return false;
    }

    /**
     * Receives up to {@link FrameBatch#MAX_FRAMES} frames or about {@link FrameBatch#MAX_BYTES} bytes.
     *
     * <p>The port either begins the batch in {@code space} and reads frames into it, laid out as consecutive ring
     * records from the start of the space ({@link Space}), or begins it in memory of its own, which then stays as it
     * is until {@link #release}. Frames too short or too long for the port to present are counted by it as received
     * and dropped.
     *
     * @param batch is empty; the port calls {@link FrameBatch#begin} and {@link FrameBatch#add}
     * @param space room for at least one largest frame
     * @param now time, {@code System.nanoTime()}
     * @return frames in the batch; 0 only if there is nothing more to receive before the descriptor becomes readable
     * again
     */
    int receive(FrameBatch batch, Space space, long now);

    /**
     * The batch of the last {@link #receive} has left: its memory is the port's again. Called after each non-empty
     * batch.
     */
    default void release() {
    }

    /**
     * Whether a largest frame would find room now. A port that refused a frame for want of room refuses all that follow
     * until this holds: else small frames would take each gap, and those who wait for room would wait in vain.
     */
    default boolean hasRoom() {
        return true;
    }

    /** What the engine does with an ingress whose frames go to this port while it has no room. */
    default OnFull onFull() {
        return OnFull.DROP;
    }

    /**
     * Takes frame {@code index} of the batch to send it. The port copies it, or refers to it until the end of the
     * next {@link #flush}; it reports the outcome to the batch by then, with its own counters.
     */
    void send(FrameBatch batch, int index, long now);

    /**
     * Hands on everything sent since the last flush, reports every outcome still open, and rings doorbells that are
     * due.
     */
    void flush(FrameBatch batch, long now);

    /**
     * Where others may read frames that will probably leave here, or null. The same object for the port's whole life.
     */
    default @Nullable Landing landing() {
        return null;
    }

    /**
     * The loop is about to sleep: arranges that the descriptor becomes readable when something comes, then looks
     * again.
     *
     * @return whether there is something to receive, so that sleeping would be wrong
     */
    default boolean prepareToSleep() {
        return false;
    }

    /**
     * A frame for this port was held back for want of room and the loop is about to sleep: arranges that
     * {@link #readinessDescriptor} becomes readable when there is room, then looks again.
     *
     * @return whether there is room
     */
    default boolean prepareToWaitForRoom() {
        return hasRoom();
    }

    /** What the outputs show of this port beyond the counters: stable keys, values of JSON types. May allocate. */
    Map<String, Object> details();

    /**
     * Gives back descriptors and memory. The engine has dropped every reference; the descriptor is no longer watched.
     */
    @Override
    void close();
}
