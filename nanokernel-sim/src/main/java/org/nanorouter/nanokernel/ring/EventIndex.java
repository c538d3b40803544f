// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

/**
 * The rule by which a doorbell is rung on request only; virtio 1.2, section 2.7.10.
 */
final class EventIndex {

    private EventIndex() {
    }

    /**
     * Whether a cursor that went from {@code from} to {@code to} passed {@code wakeAt}:
     * {@code from <= wakeAt < to}, on the circle of 2^64.
     */
    static boolean passed(long wakeAt, long from, long to) {
        return Long.compareUnsigned(to - wakeAt - 1, to - from) < 0;
    }
}
