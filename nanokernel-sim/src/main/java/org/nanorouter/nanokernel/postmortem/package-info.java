// SPDX-License-Identifier: Apache-2.0
/**
 * The flight recorder's data: what is kept of an OS that failed, and how records are read out of it.
 *
 * <p><b>Purpose.</b> A record that was consumed still lies in its ring until the producer comes round again. So when an
 * OS fails, the last frames that it sent and got are there; nothing has to be recorded while it lives, and no frame
 * pays for it.
 *
 * <p><b>Flow.</b>
 * <pre>
 *   nanokernel, loop's thread                        nanorouter os postmortem
 *   an epoch ends by a failure                       Postmortem  &lt;- PostmortemTransfer &lt;- control socket
 *     RingImage.take: a copy of each ring                |
 *     Postmortem: kept until this OS fails again     RecordRecovery: records of each RingImage
 * </pre>
 *
 * <p><b>Goals, and how each is met.</b>
 * <ul>
 * <li><b>The nanokernel stays out of danger.</b> It copies bytes and a few words and looks into none of them; a bounded
 *     number, outside the heap, read by no other thread. It writes no file: the copy goes over the control socket in
 *     pieces. What a hostile OS left in its rings is parsed in the command's process.</li>
 * <li><b>No wrong frame.</b> Where consumed records begin, nothing tells. But a chain of records, each beginning where
 *     the one before ends, with sequence numbers that rise by one, that ends at the producer's tail with the sequence
 *     number that the producer's cursors name, is no accident. What the next records may already have overwritten is
 *     not looked at.</li>
 * <li><b>Bounded time.</b> One pass from the end to the beginning, 8 bytes a step, whatever the ring holds.</li>
 * </ul>
 */
@NullMarked
package org.nanorouter.nanokernel.postmortem;

import org.jspecify.annotations.NullMarked;
