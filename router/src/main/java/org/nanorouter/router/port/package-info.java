// SPDX-License-Identifier: Apache-2.0
/**
 * The contract between the engine and everything that frames go in and out of.
 *
 * <h2>Frames</h2>
 * A frame in memory is a 12-byte {@code virtio_net_hdr} and behind it the Ethernet frame from its destination address
 * on, without FCS. The header's request (segment me, finish my checksum) travels with the frame from port to port; a
 * port whose far side cannot take it fulfils it in software at its egress, nowhere else. A frame is known by the
 * offset of its vnet_hdr in a direct little-endian {@link java.nio.ByteBuffer}, whose byte 0 has a known native
 * address, so that native batch calls can be given the place itself. The memory may belong to a peer that changes it
 * at any moment. Whoever decides by a byte reads it once, and whoever parses copies first.
 *
 * <h2>Flow</h2>
 * Everything happens on one thread, the data loop. The engine asks an ingress port for a batch ({@code receive}),
 * looks up each frame, gives it to its egress ports ({@code send}), lets these finish ({@code flush}) and only then
 * tells the ingress that its memory is free ({@code release}). So an egress may refer to a frame by address from
 * {@code send} until the end of {@code flush}, and no longer. One batch is in flight at a time.
 *
 * <h2>Landing</h2>
 * A port that sends through a ring offers its next free bytes as a {@link org.nanorouter.router.port.Landing}. The
 * engine predicts that the next frames of an ingress go where its last one went, and lets the ingress read straight
 * into those bytes, laid out as consecutive ring records. Where the guess is right, the frame is published in place,
 * never copied; where it is wrong, it is sent to where it belongs like any other frame and its record is taken back: it
 * becomes padding if a record behind it is kept, else it is forgotten and costs nothing.
 *
 * <h2>Waiting</h2>
 * A port names a descriptor that becomes readable when there may be something to receive. It is watched
 * edge-triggered and nobody reads it but its port; hence the rule that {@code receive} is repeated until it returns
 * 0. A port never blocks and never queues: what it cannot take at once, it refuses with a named reason.
 *
 * <h2>Accounts</h2>
 * For each {@code send}, the port says exactly once what became of the frame, in {@code send} itself or in the next
 * {@code flush}: {@link org.nanorouter.router.port.FrameBatch#delivered} or
 * {@link org.nanorouter.router.port.FrameBatch#refused}. From these the engine keeps the books.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.port;
