// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.util.List;

/**
 * What an OS with a region gets when it attaches. The descriptors stay the nanokernel's; sending duplicates them.
 *
 * @param osId id of the OS
 * @param epoch its current incarnation
 * @param token what ATTACH must prove to know, {@code AttachDescriptor.TOKEN_LENGTH} bytes
 * @param managementFd the management region, opened read-only
 * @param managementLength its bytes
 * @param regionFd the OS's own region, opened for writing
 * @param regionLength its bytes
 * @param peers every other OS that has a region
 */
public record AttachGrant(int osId, int epoch, byte[] token, int managementFd, long managementLength, int regionFd,
    long regionLength, List<PeerGrant> peers) {
}
