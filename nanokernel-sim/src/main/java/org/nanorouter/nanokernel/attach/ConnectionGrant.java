// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

/**
 * What one end of a connection gets. The descriptors stay the nanokernel's; sending duplicates them.
 *
 * @param request number of the request that it answers; 0 at the port's end
 * @param connectionId id of the connection, the same at both ends
 * @param portId id of the port, 0 at the end that connected
 * @param side 0 at the end that connected, 1 at the port's
 * @param peer who is at the other end
 * @param halfLength bytes of each half
 * @param ownFd the half that this end writes, opened for writing
 * @param peerFd the other one, opened read-only
 * @param doorbellToWaitOn epoll descriptor that becomes readable when the other end rings
 * @param doorbellToRing eventfd that wakes the other end
 */
public record ConnectionGrant(int request, int connectionId, int portId, int side, ProgramSession peer, long halfLength,
    int ownFd, int peerFd, int doorbellToWaitOn, int doorbellToRing) {
}
