// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

/**
 * One failure that was brought about, and what came of it. Times are nanoseconds since it was brought about; -1: that
 * did not happen in time.
 *
 * @param number   from 1
 * @param os       where
 * @param detectNs until the nanokernel noticed; of a panic since the trap, when the OS wrote its record; -1 too if
 *                 there is nothing to notice
 * @param recoverNs until the OS or its endpoint was ready again
 * @param trafficNs until checked bytes flowed again over every session that it touched
 */
public record Outcome(int number, Trouble trouble, String os, long detectNs, long recoverNs, long trafficNs) {
    /** Whether everything is as before. */
    public boolean isRecovered() {
        return recoverNs >= 0 && trafficNs >= 0;
    }
}
