// SPDX-License-Identifier: Apache-2.0
/**
 * What a frame means, and how a frame is made fit for a port without offloads.
 *
 * <h2>Purpose</h2>
 * A frame travels through the router as the bytes that a TAP gave: twelve bytes of {@code virtio_net_hdr_v1}, then the
 * Ethernet frame. It may be one large TCP or UDP segment that is still to be cut, and its checksum may still be
 * missing. This package says whether such a header tells the truth, and does in software what a network card would do.
 *
 * <pre>
 *   offset                offset + 12
 *   +---------------------+----------+----------+-----------+-----------+---------------
 *   | virtio_net_hdr (12) | Ethernet | VLAN tags| IPv4/IPv6 | TCP/UDP   | payload
 *   +---------------------+----------+----------+-----------+-----------+---------------
 *                         ^ frame offset; csum_start counts from here
 * </pre>
 *
 * <h2>Flows</h2>
 * <ul>
 *   <li>Ingress from a peer: {@link org.nanorouter.router.frame.VnetHeader#check} gives a
 *       {@link org.nanorouter.router.frame.FrameFault}, the name under which a lying frame is dropped.</li>
 *   <li>Egress to a port without offloads: {@link org.nanorouter.router.frame.Segmenter} turns one frame into one or
 *       more complete ones in buffers of the caller.</li>
 *   <li>Forwarding: {@link org.nanorouter.router.frame.EthernetFrame} reads addresses and tags.</li>
 * </ul>
 *
 * <h2>Goals, and how each is met</h2>
 * <ul>
 *   <li><b>A frame is hostile.</b> Nothing here throws because of a frame's content, nor reads outside of the bytes
 *       that the caller named. Every length is checked against what is there before it is used.</li>
 *   <li><b>Its bytes may change while they are read</b>, because they may lie in memory that a peer writes. So the
 *       header words and the protocol headers are copied into private memory first, and decisions are made on the copy.
 *       Payload is read once, into the caller's buffer, and summed there.</li>
 *   <li><b>No allocation per frame.</b> What has state is a reusable object of its owner's thread.</li>
 *   <li><b>Pure.</b> No I/O, no clock, no native call: everything can be tested and measured as arithmetic.</li>
 * </ul>
 *
 * <h2>What it refuses</h2>
 * Large segments that are fragments, jumbograms, headers longer than
 * {@link org.nanorouter.router.frame.Segmenter#TEMPLATE_CAPACITY}, and segment sizes so small that one frame would
 * become thousands. It never reassembles and never merges.
 */
package org.nanorouter.router.frame;
