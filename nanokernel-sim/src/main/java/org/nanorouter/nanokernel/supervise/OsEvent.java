// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.OsState;

/**
 * Something that happened to an OS: it went from one state to another, or something was noticed that changed none.
 *
 * @param sequence one more than that of the event before, from 1
 * @param at       CLOCK_MONOTONIC in nanoseconds
 * @param os       name of the OS
 * @param epoch    its epoch at that time, 0 before the first
 * @param from     the state before; null if it did not change
 * @param to       the state since; null if it did not change
 * @param reason   for people, one line; what an OS wrote itself has no control characters in it
 */
public record OsEvent(long sequence, long at, String os, int epoch, @Nullable OsState from, @Nullable OsState to,
        String reason) {
}
