// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port;

/** The kinds of port. */
public enum PortKind {
    /** A TAP device of this OS. */
    TAP("tap"),
    /**
     * The rings to and from one peer OS. The channels are a full mesh, so a frame that came in on one never goes out
     * on another (split horizon).
     */
    CHANNEL("channel"),
    /** An emulated NIC: datagram socket, pcap file or in-process pair. */
    NIC("nic");

    private final String label;

    PortKind(String label) {
        this.label = label;
    }

    /** Stable name in the configuration and the outputs. */
    public String label() {
        return label;
    }
}
