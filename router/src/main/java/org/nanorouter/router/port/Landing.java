// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port;

import org.jspecify.annotations.Nullable;

/**
 * The next free bytes of an egress ring, in which frames can land before anyone knows where they go.
 *
 * <p>After {@link #open} and a {@code receive} into the space, the engine calls exactly one of {@link #keep} and
 * {@link #cancel} for each frame of the batch, in order, then {@code flush} of the port. Until the last of these,
 * the port's {@code send} is not called. If nothing was received, the space is just left as it is.
 */
public interface Landing {
    /** The ring's next free bytes, in one piece with room for a largest frame; null if there are none. */
    @Nullable Space open();

    /** Publishes the record where frame {@code index} landed, and reports it delivered. */
    void keep(FrameBatch batch, int index, long now);

    /**
     * Takes back the record where frame {@code index} landed: padding, or nothing at all if none behind it is kept.
     */
    void cancel(FrameBatch batch, int index);
}
