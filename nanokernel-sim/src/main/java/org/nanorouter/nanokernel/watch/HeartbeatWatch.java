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
    private long lastChange;

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
    }

    /** Grants the OS time in which the watcher itself was not watching. */
    public void forgive(long ns) {
        lastChange += ns;
    }

    /** Looks at the word. */
    public Verdict look(long now, long word) {
        if (word != lastWord) {
            lastWord = word;
            lastChange = now;
            return Verdict.ALIVE;
        }
        long silence = silence(now);
        if (silence > deadlineNs) {
            return Verdict.HUNG;
        }
        return silence > lateNs ? Verdict.LATE : Verdict.ALIVE;
    }

    /** Time since the last change of the word that counts against the OS. */
    public long silence(long now) {
        return Math.max(0, now - lastChange);
    }
}
