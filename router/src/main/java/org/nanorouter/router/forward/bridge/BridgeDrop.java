// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.forward.bridge;

/**
 * Why the bridge forwards a frame nowhere.
 */
public enum BridgeDrop {

    /** The source is a multicast or the broadcast address. */
    GROUP_SOURCE("bridge_group_source"),

    /** The source is 00:00:00:00:00:00. */
    ZERO_SOURCE("bridge_zero_source"),

    /** The source is pinned to another port. */
    SPOOFED_SOURCE("bridge_spoofed_source"),

    /** The destination is on the port that the frame came from. */
    INGRESS("bridge_ingress"),

    /** The destination is behind a port of the same horizon, whose peer the sender reaches by itself. */
    SPLIT_HORIZON("bridge_split_horizon"),

    /** The destination is one of the addresses that a bridge never forwards (IEEE 802.1Q table 8-1). */
    LINK_LOCAL("bridge_link_local"),

    /** The ingress is no port of the bridge now. */
    UNKNOWN_PORT("bridge_unknown_port");

    private static final BridgeDrop[] VALUES = values();

    private final String label;

    BridgeDrop(String label) {
        this.label = label;
    }

    /** The stable name, as shown to people and programs. */
    public String label() {
        return label;
    }

    static BridgeDrop of(int ordinal) {
        return VALUES[ordinal];
    }
}
