// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import java.io.IOException;

/**
 * A region that was handed to this process is not what it should be.
 */
public final class BadRegionException extends IOException {

    private static final long serialVersionUID = 1L;

    /** {@code message} names the region, the field, and both numbers. */
    public BadRegionException(String message) {
        super(message);
    }

    /** Throws unless the two numbers are equal; the message has both. */
    static void require(String region, String field, long found, long expected) throws BadRegionException {
        if (found != expected) {
            throw new BadRegionException(region + ": " + field + "=0x" + Long.toHexString(found)
                + ", expected 0x" + Long.toHexString(expected));
        }
    }
}
