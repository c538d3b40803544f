// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.Closeable;
import java.io.IOException;

/** Where sightings go. On one thread. */
public interface Sink extends Closeable {
    /** A frame at a port. */
    void sighting(Sighting sighting) throws IOException;

    /** Something else happened. */
    void event(Happening event) throws IOException;

    /** A port has gone: one that has its name later is another one. */
    default void portDown(String name) throws IOException {
    }

    /** So many frames of a port, since the capture began, were captured by nobody. */
    default void lost(String port, long frames) throws IOException {
    }

    /** Everything before this position of the ring to a peer was taken at this time, nanoseconds since 1970. */
    default void taken(int port, int position, long time) throws IOException {
    }

    /** Whether it wants no more, although nothing is wrong. */
    default boolean isOver(long time) {
        return false;
    }

    /**
     * Everything that was there has been told.
     *
     * @param time nanoseconds since 1970
     */
    void pause(long time) throws IOException;

    /** Nothing comes any more. */
    void end(long time) throws IOException;
}
