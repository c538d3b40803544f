// SPDX-License-Identifier: Apache-2.0
/**
 * The port at a nanokernel channel: the ring pair between this OS and one incarnation of a peer.
 *
 * <p>Receiving refers to the records where they lie in the peer's read-only region; the room goes back to the peer
 * after the batch has left. Sending either copies a frame into the next record, or publishes a record in which the
 * frame landed already ({@link org.nanorouter.router.port.Landing}). The doorbell is rung once per batch, and only if
 * the peer asked.
 *
 * <p>The peer is hostile until proven otherwise. Rings check every shared word and stop both directions at the first
 * lie; the port then says {@code QUARANTINED}, refuses what it is sent, and stays so until the peer's next epoch,
 * which is another port.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.port.channel;
