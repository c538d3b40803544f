// SPDX-License-Identifier: Apache-2.0
/**
 * The emulated network card: a port to whatever is no TAP and no channel.
 *
 * <h2>Purpose</h2>
 * A {@link org.nanorouter.router.port.nic.NicPort} takes and gives ordinary Ethernet frames, complete and no longer
 * than its MTU allows, through one of three wires:
 * <ul>
 *   <li>{@link org.nanorouter.router.port.nic.SocketWire}: unix datagram sockets, one frame a datagram, as QEMU's
 *       {@code -netdev dgram,local.type=unix,local.path=A,remote.type=unix,remote.path=B} speaks it;</li>
 *   <li>{@link org.nanorouter.router.port.nic.PcapWire}: replays one capture file and records another;</li>
 *   <li>{@link org.nanorouter.router.port.nic.PairWire}: one end of a cable within this process.</li>
 * </ul>
 *
 * <h2>Flow</h2>
 * <pre>
 *   wire -> receive slots -> trim padding -> batch            (the engine reads the slots until release)
 *   batch -> segmenter -> transmit ring -> wire               (copied at once; the wire gets a table of slots)
 * </pre>
 *
 * <h2>Goals, and how each is met</h2>
 * <ul>
 *   <li><b>No offload on the wire.</b> Large segments are cut and checksums filled in when the frame is handed over;
 *       short frames are padded to 60 bytes going out and trimmed to their IP length coming in.</li>
 *   <li><b>A receiver with a short queue</b> (a unix datagram socket holds ten) <b>can be fed by large segments.</b>
 *       What the wire does not take at once stays in the transmit ring, as in a card's, and is tried again within
 *       microseconds; meanwhile the port has no room, so that the senders wait and TCP sees no loss. The ring bounds
 *       what waits; then frames are refused whole.</li>
 *   <li><b>The books.</b> A frame is delivered when all its segments are in the ring or on the wire. Segments lost
 *       later, because the peer went away, are shown apart.</li>
 *   <li><b>A peer that comes late, goes and comes back</b> needs no restart: the socket looks for it again at
 *       intervals.</li>
 *   <li><b>A flood of bad frames does not hold the loop</b>: after a few tables full of them the port asks to be called
 *       again and lets others go first.</li>
 * </ul>
 *
 * <h2>What it refuses</h2>
 * It does not queue beyond its ring. Replay makes garbage (one array a frame, by the library that reads the
 * file), and recording writes to a disk on the loop: both are for tests and for looking into things.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.port.nic;
