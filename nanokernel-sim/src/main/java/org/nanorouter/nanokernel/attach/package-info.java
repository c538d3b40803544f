// SPDX-License-Identifier: Apache-2.0
/**
 * The attach socket, both ends; {@code docs/abi.md} section 5.
 *
 * <h2>Flow</h2>
 * <pre>
 *   OS: Attachment                   nanokernel: AttachSession
 *   connect, ATTACH name token  --&gt;  checks, asks its AttachHost for a grant
 *                               &lt;--  ATTACHED, PEER for each peer, SYNCED
 *   listener: peer, ..., synced
 *   READY                       --&gt;  host: ready
 *                               &lt;--  PEER, PEER_GONE as peers come and go
 * </pre>
 *
 * <h2>What is refused</h2>
 * The nanokernel distrusts the OS: anything but ATTACH first and READY later, of the right length and without
 * descriptors, ends the session with REFUSED. The OS trusts the nanokernel but not what it passes on: a region is
 * mapped only sealed and of the announced size, and a peer whose region has another header gets no channel.
 *
 * <p>Neither end blocks (connecting apart, which waits for the answer and has a deadline) and neither has a thread:
 * whoever owns the event loop calls in when the descriptor is readable.
 */
package org.nanorouter.nanokernel.attach;
