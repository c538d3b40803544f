// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.forward.bridge;

/**
 * One entry of the forwarding database as it was at one moment.
 *
 * @param address as in {@link org.nanorouter.router.frame.EthernetFrame}
 * @param vlan 0 for untagged
 * @param port index of the port behind which it is
 * @param ageMs since a frame was last seen from it; 0 for a pinned one
 * @param pinned whether it is a static entry
 */
public record FdbEntry(long address, int vlan, int port, long ageMs, boolean pinned) {
}
