// SPDX-License-Identifier: Apache-2.0
/**
 * Copies of frames for whoever captures.
 *
 * <pre>
 *   engine -&gt; Captures -&gt; Capture: filter, ring ==&gt; CaptureReader -&gt; nanorouter capture
 *               ^ comes and goes with                 |
 *             CaptureServer &lt;----- capture.sock ------+
 * </pre>
 *
 * A capture is a ring as that of a channel: the router is its producer, the command its consumer. The router never
 * waits for it: what finds no room is counted and not captured. Without a capture the engine has no tap.
 *
 * <h2>Records</h2>
 * A frame is a record of type Ethernet, with the frame's own vnet_hdr in its place and a
 * {@link org.nanorouter.router.capture.CapturedFrameDescriptor header} before the bytes of the frame, of which the end
 * may be cut off. A header without bytes says up to where a peer took what it was sent, or how many frames found no
 * room. A record of type message is a JSON object: a port that came or went, so that indices have names.
 *
 * <h2>The socket</h2>
 * Unix seqpacket, 0600, beside the control socket. The command sends one JSON object with what it wants, and gets
 * {@code {"ok": true}} with four descriptors (the router's region read-only, its own region, the doorbell to wait on,
 * the one to ring), or {@code {"error": ...}}. It asks
 * for a look at what peers took by {@code {"verb":"look"}}; anything else ends the capture, and gets its counts.
 * {@code nk-ports} sends {@code {"verb":"ports"}} instead, and gets a line {@code NAME KIND} for each port in service.
 */
@NullMarked
package org.nanorouter.router.capture;

import org.jspecify.annotations.NullMarked;
