// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** One file of sightings, in one of the formats that other programs read. */
interface FrameFile {
    /**
     * Writes a frame.
     *
     * @param bytes   the sighting's, or a part of them that was fixed up
     * @param comment null for none; changes once this has returned
     */
    void frame(Sighting sighting, FrameBytes bytes, @Nullable CharSequence comment) throws IOException;

    /** Writes what happened, if the format has room for it. */
    void event(Happening event) throws IOException;

    /** A port has gone. */
    void portDown(String name);

    /** So many frames more of a port were captured by nobody. */
    void lost(String port, long frames);

    /** Writes what is to stand at the end. */
    void end(long time) throws IOException;
}
