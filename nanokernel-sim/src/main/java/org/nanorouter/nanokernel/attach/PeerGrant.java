// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

/**
 * What an OS gets to talk to one peer. The descriptors stay the nanokernel's; sending duplicates them.
 *
 * @param peerId id of the peer
 * @param peerEpoch its incarnation
 * @param regionFd its region, opened read-only
 * @param regionLength bytes of its region
 * @param doorbellToWaitOn waiting side of the doorbell that the peer rings
 * @param doorbellToRing eventfd that the peer waits on
 */
public record PeerGrant(int peerId, int peerEpoch, int regionFd, long regionLength, int doorbellToWaitOn,
    int doorbellToRing) {
}
