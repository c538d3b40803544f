// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

/** Waiting for a change of a word of shared memory: {@code futex(2)}, between processes. */
public final class Futex {
    static {
        Shim.bind(Futex.class, "nks_futex_");
    }

    private Futex() {
    }

    /**
     * Waits while both words are as expected.
     *
     * @param word      address of an aligned u32 of shared memory
     * @param interrupt address of one of this process alone, with which another thread ends the wait
     * @param timeoutNs -1: for ever
     * @return 0: look again, for whatever reason; -ETIMEDOUT; else -errno
     */
    public static native int await(long word, int expected, long interrupt, int interruptExpected, long timeoutNs);

    /** Wakes at most {@code count} of those who wait for the shared word. Returns how many, or -errno. */
    public static native int wake(long word, int count);

    /** The same for those of this process whose interrupt word it is. */
    public static native int wakePrivate(long word, int count);
}
