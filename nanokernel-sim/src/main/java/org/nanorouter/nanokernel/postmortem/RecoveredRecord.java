// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.postmortem;

import org.nanorouter.nanokernel.abi.RecordDescriptor;

/**
 * A record that was found in a ring; what it says are its producer's words.
 *
 * @param ring       where it lies
 * @param offset     of its header in {@code ring.bytes()}
 * @param type       {@link RecordDescriptor#TYPE_ETHERNET} or {@link RecordDescriptor#TYPE_MESSAGE}
 * @param length     bytes of payload
 * @param sequence   its number
 * @param enqueuedAt CLOCK_MONOTONIC in ns
 */
public record RecoveredRecord(RingImage ring, int offset, int type, int length, long sequence, long enqueuedAt) {

    /** What became of a record. */
    public enum Fate {
        /** The consumer took it out of the ring. */
        DELIVERED,
        /** It lay in the ring when the OS failed. */
        WAITING,
        /** The consumer's cursor is none. */
        UNKNOWN
    }

    /** What the consumer's cursor says of it. */
    public Fate fate() {
        if (ring.head() == RingImage.UNKNOWN) {
            return Fate.UNKNOWN;
        }
        return ring.start() + offset < ring.head() ? Fate.DELIVERED : Fate.WAITING;
    }

    /** Where its payload begins in {@code ring.bytes()}. */
    public int payloadOffset() {
        return offset + RecordDescriptor.PAYLOAD_OFFSET;
    }
}
