// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.net.InetAddress;

/**
 * An interface's address with the length of its network prefix.
 *
 * @param address the address, IPv4 or IPv6
 * @param length  bits of the network prefix
 */
public record Prefix(InetAddress address, int length) {

    @Override
    public String toString() {
        return address.getHostAddress() + "/" + length;
    }
}
