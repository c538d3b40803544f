// SPDX-License-Identifier: Apache-2.0
/**
 * What becomes of captured frames at who captures: lines to read, files for other programs, or the way of each frame.
 *
 * <pre>
 *   capture.CaptureReader -&gt; Dump: which sightings -&gt; Sink: Lines | Flow | Files -&gt; PcapngFile, PcapFile
 * </pre>
 *
 * A frame is seen where it came in and where it went out: one <em>sighting</em> for each port that is meant. Sightings
 * of one frame have one id. What the router knows besides the frame stands in the comment of the sighting
 * ({@link org.nanorouter.router.dump.FrameComment}).
 */
@NullMarked
package org.nanorouter.router.dump;

import org.jspecify.annotations.NullMarked;
