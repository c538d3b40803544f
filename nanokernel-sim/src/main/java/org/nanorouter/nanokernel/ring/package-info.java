// SPDX-License-Identifier: Apache-2.0
/**
 * Single-producer single-consumer byte rings over the regions of two OSes; {@code docs/abi.md} section 4.
 *
 * <h2>Flow</h2>
 * A {@link org.nanorouter.nanokernel.ring.RingProducer} claims room in its own region, the caller fills the payload in
 * place, and one release store of the tail publishes the record, or a few small ones of a batch. A
 * {@link org.nanorouter.nanokernel.ring.RingConsumer} polls the offset of a record in the peer's region, which it can
 * only read, the caller uses it in place, and one release store of the head, in the consumer's own region, gives the
 * room back. No byte is copied by this package.
 *
 * <pre>
 *        own region of A (A writes)              own region of B (B writes)
 *   tail, next_sequence, ring data A to B  --&gt;      read by B
 *            read by A                     &lt;--  head, wake_at
 * </pre>
 *
 * <h2>Goals, and how each is met</h2>
 * <ul>
 * <li><b>A lying peer harms nobody.</b> A side believes its private cursors alone. Each word of the peer is loaded once
 *     into a local, checked against them, and only the local is used. What fails a check quarantines the channel with a
 *     {@link org.nanorouter.nanokernel.ring.QuarantineReason}, and from then on neither ring touches the memory.
 *     Payloads are in the peer's hands until the record is released: who parses them in place loads each field
 *     once, too.</li>
 * <li><b>No lost wakeup, few doorbells.</b> Publish, full fence, look whether the consumer asked; ask, full fence, look
 *     whether there is something. In the total order of the two fences one side sees the other's store.</li>
 * <li><b>Nothing crosses an epoch.</b> Until the peer's cursor block names this side's epoch its words are not
 * read.</li>
 * <li><b>A restarted endpoint loses nothing.</b> Everything that it needs stands in its own region and the peer's.</li>
 * <li><b>No allocation, no lock, no system call</b> from claim to release; results are {@code int} codes.</li>
 * </ul>
 *
 * <p>Both classes belong to one thread; their counters may be read by any.
 */
package org.nanorouter.nanokernel.ring;
