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
 *   batch -> segmenter -> transmit slots -> wire              (copied at once; the wire gets a table of slots)
 * </pre>
 *
 * <h2>Goals, and how each is met</h2>
 * <ul>
 *   <li><b>No offload on the wire.</b> Large segments are cut and checksums filled in when the frame is handed over;
 *       short frames are padded to 60 bytes going out and trimmed to their IP length coming in.</li>
 *   <li><b>All or nothing in the books.</b> A frame of which one segment was refused counts as refused, whatever
 *       became of the others; a receiver cannot use it in part either.</li>
 *   <li><b>A peer that comes late, goes and comes back</b> needs no restart: the socket looks for it again at
 *       intervals.</li>
 *   <li><b>A flood of bad frames does not hold the loop</b>: after a few tables full of them the port asks to be called
 *       again and lets others go first.</li>
 * </ul>
 *
 * <h2>What it refuses</h2>
 * It queues nothing: what the wire does not take at once is refused by name. Replay makes garbage (one array a frame,
 * by the library that reads the file), and recording writes to a disk on the loop; both are for tests and for looking
 * into things, not for a production way.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.port.nic;
