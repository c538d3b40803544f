// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.watch;

/** Watches one heartbeat word. Times are nanoseconds of one clock that the caller reads. */
public final class HeartbeatWatch {
    /** What the last look told. */
    public enum Verdict {
        /** It beats. */
        ALIVE,
        /** A beat is late, the deadline has not passed. */
        LATE,
        /** The deadline has passed without a beat. */
        HUNG
    }

    private final long lateNs;
    private final long deadlineNs;
    private long lastWord;
    /** When the word changed last, as far as is known: never before the look that found it unchanged. */
    private long lastChange;
    private long lastLook;

    /**
     * Makes a watch; {@link #begin} starts it.
     *
     * @param periodNs   time between two beats
     * @param deadlineNs longest silence, at least twice the period
     */
    public HeartbeatWatch(long periodNs, long deadlineNs) {
        // A look each period sees a punctual beat up to two periods old.
        this.lateNs = Math.max(2 * periodNs, deadlineNs / 2);
        this.deadlineNs = deadlineNs;
    }

    /** Starts to watch; an OS has a whole deadline until its first beat. */
    public void begin(long now, long word) {
        lastWord = word;
        lastChange = now;
        lastLook = now;
    }

    /** Counts of a silence no more than what makes it late, from now on: there is an excuse for the rest. */
    public void excuse(long now) {
        if (silence(now) > lateNs) {
            lastChange = now - lateNs - 1;
        }
    }

    /**
     * Looks at the word. The time in which the watcher itself was not watching counts for no silence: neither for one
     * that goes on, nor for one that began with a beat just before, which this look finds. The word holds the time of
     * the beat as the OS says: believed if it lies between this look and the one before, so that a deadline runs from
     * the beat and not from the look that found it; any other change is a beat now.
     *
     * @param late how much later than it should this look is
     */
    public Verdict look(long now, long late, long word) {
        long looked = lastLook;
        lastLook = now;
        if (word != lastWord) {
            lastWord = word;
            lastChange = word - looked > 0 && word + late - now < 0 ? word + late : now;
            return Verdict.ALIVE;
        }
        lastChange += late;
        long silence = silence(now);
        if (silence > deadlineNs) {
            return Verdict.HUNG;
        }
        return silence > lateNs ? Verdict.LATE : Verdict.ALIVE;
    }

    /** When the deadline passes if no beat comes before. */
    public long deadlineAt() {
        return lastChange + deadlineNs;
    }

    /** Time since the last change of the word that counts against the OS. */
    public long silence(long now) {
        return Math.max(0, now - lastChange);
    }
}
