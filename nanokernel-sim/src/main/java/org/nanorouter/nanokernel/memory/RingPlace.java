// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import org.nanorouter.nanokernel.abi.RecordDescriptor;

/**
 * Where the bytes of a ring lie in its producer's region.
 *
 * @param dataOffset from the start of the region
 * @param capacity bytes, a power of two within the limits of the ABI
 */
public record RingPlace(int dataOffset, int capacity) {

    /** Refuses what no ring can be, so that no ring does arithmetic with it. */
    public RingPlace {
        if (!RecordDescriptor.isCapacity(capacity)) {
            throw new IllegalArgumentException("capacity=" + capacity + ", expected a power of two within the limits");
        }
        if (dataOffset < 0 || dataOffset % RecordDescriptor.ALIGNMENT != 0) {
            throw new IllegalArgumentException("dataOffset=" + dataOffset + ", expected a multiple of 8");
        }
    }
}
