// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/**
 * An entry of the ring directory; C twin {@code struct nk_ring_entry}. Offsets count from the entry's start.
 */
public final class RingEntryDescriptor {

    /** State of a ring that is not there; its other fields mean nothing. */
    public static final int STATE_ABSENT = 0;

    /** State of a ring that can be used. */
    public static final int STATE_OPEN = 1;

    /** Release, written last; partner: acquire load of who opens the channel. */
    public static final int STATE_OFFSET = 0;

    public static final int PRODUCER_OFFSET = STATE_OFFSET + Integer.BYTES;
    public static final int CONSUMER_OFFSET = PRODUCER_OFFSET + Integer.BYTES;

    /** In the producer's region. */
    public static final int DATA_OFFSET_OFFSET = CONSUMER_OFFSET + Integer.BYTES + Integer.BYTES;

    public static final int CAPACITY_OFFSET = DATA_OFFSET_OFFSET + Long.BYTES;

    /** Bytes of an entry. */
    public static final int ENTRY_LENGTH = CAPACITY_OFFSET + Long.BYTES + 4 * Long.BYTES;

    private RingEntryDescriptor() {
    }
}
