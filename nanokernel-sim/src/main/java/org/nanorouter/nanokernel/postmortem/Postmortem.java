// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.postmortem;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What is known of an incarnation that failed, or of one that lives. Times are CLOCK_MONOTONIC in nanoseconds.
 *
 * @param os          name of the OS
 * @param epoch       the epoch that ended
 * @param failure     kind of the failure: panic, exit, signal, heartbeat or stall; {@link #ALIVE} if there was none
 * @param text        what happened, for people
 * @param startedAt   when the incarnation was started
 * @param failedAt    when the failure was seen, or if it lives when the copy was made
 * @param beatAt      last heartbeat as the OS says, 0 if there was none
 * @param clockOffset nanoseconds to add to a time for those since 1970; taken once, when the copy was made
 * @param panic       the OS's panic record, null if it wrote none
 * @param events      the last events of this OS, the oldest first
 * @param rings       first those that it wrote, then those that it read
 */
public record Postmortem(String os, int epoch, String failure, String text, long startedAt, long failedAt, long beatAt,
        long clockOffset, @Nullable Panic panic, List<Event> events, List<RingImage> rings) {

    /** The failure of an OS that lives. */
    public static final String ALIVE = "none";

    /** Whether it is of an OS that lived when the copy was made. */
    public boolean isAlive() {
        return failure.equals(ALIVE);
    }

    /** The same failure, of which more is known. */
    public Postmortem explained(String betterFailure, String betterText, List<Event> allEvents) {
        return new Postmortem(os, epoch, betterFailure, betterText, startedAt, failedAt, beatAt, clockOffset, panic,
                allEvents, rings);
    }

    /**
     * A panic record.
     *
     * @param code the OS's own number
     * @param at   when it was written, as the OS says
     * @param text without control characters
     */
    public record Panic(int code, long at, String text) {
    }

    /**
     * Something that happened to the OS.
     *
     * @param at   when
     * @param text one line
     */
    public record Event(long at, String text) {
    }
}
