// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import org.nanorouter.router.capture.CapturedFrame;
import org.nanorouter.router.capture.CapturedPort;
import org.nanorouter.router.pcapng.PcapngWriter.Way;

/**
 * A frame at a port. Valid as long as the frame is.
 *
 * @param way  {@link Way#IN} or {@link Way#OUT}
 * @param time nanoseconds since 1970
 */
public record Sighting(CapturedFrame frame, CapturedPort port, Way way, long time) {

    /** The bytes that were captured. */
    FrameBytes bytes() {
        return new FrameBytes(frame.memory(), frame.frameOffset(), frame.capturedLength(),
            Math.max(frame.capturedLength(), frame.length()));
    }
}
