// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.metrics;

import org.jspecify.annotations.Nullable;
import org.nanorouter.router.forward.bridge.BridgeDrop;
import org.nanorouter.router.frame.FrameFault;

/**
 * Why a frame was delivered to no port. The first refusal of a frame names its drop; it is counted at the frame's
 * ingress.
 */
public enum Drop {
    /** {@link FrameFault#RUNT}. */
    RUNT(FrameFault.RUNT),
    /** {@link FrameFault#OVERSIZE}. */
    OVERSIZE(FrameFault.OVERSIZE),
    /** {@link FrameFault#UNKNOWN_FLAG}. */
    UNKNOWN_FLAG(FrameFault.UNKNOWN_FLAG),
    /** {@link FrameFault#UNKNOWN_GSO_TYPE}. */
    UNKNOWN_GSO_TYPE(FrameFault.UNKNOWN_GSO_TYPE),
    /** {@link FrameFault#ECN_WITHOUT_TCP}. */
    ECN_WITHOUT_TCP(FrameFault.ECN_WITHOUT_TCP),
    /** {@link FrameFault#BAD_GSO_SIZE}. */
    BAD_GSO_SIZE(FrameFault.BAD_GSO_SIZE),
    /** {@link FrameFault#TOO_MANY_SEGMENTS}. */
    TOO_MANY_SEGMENTS(FrameFault.TOO_MANY_SEGMENTS),
    /** {@link FrameFault#CHECKSUM_OUTSIDE}. */
    CHECKSUM_OUTSIDE(FrameFault.CHECKSUM_OUTSIDE),
    /** {@link FrameFault#HEADER_LENGTH_OUTSIDE}. */
    HEADER_LENGTH_OUTSIDE(FrameFault.HEADER_LENGTH_OUTSIDE),
    /** {@link FrameFault#GSO_WITHOUT_CHECKSUM}. */
    GSO_WITHOUT_CHECKSUM(FrameFault.GSO_WITHOUT_CHECKSUM),
    /** {@link FrameFault#CHECKSUM_MISPLACED}. */
    CHECKSUM_MISPLACED(FrameFault.CHECKSUM_MISPLACED),
    /** {@link FrameFault#GSO_PROTOCOL_MISMATCH}. */
    GSO_PROTOCOL_MISMATCH(FrameFault.GSO_PROTOCOL_MISMATCH),
    /** {@link FrameFault#GSO_FRAGMENT}. */
    GSO_FRAGMENT(FrameFault.GSO_FRAGMENT),
    /** {@link FrameFault#HEADERS_TOO_LONG}. */
    HEADERS_TOO_LONG(FrameFault.HEADERS_TOO_LONG),
    /** {@link FrameFault#BAD_NETWORK_HEADER}. */
    BAD_NETWORK_HEADER(FrameFault.BAD_NETWORK_HEADER),
    /** {@link FrameFault#BAD_TRANSPORT_HEADER}. */
    BAD_TRANSPORT_HEADER(FrameFault.BAD_TRANSPORT_HEADER),
    /** {@link FrameFault#NOT_SEGMENTED}. */
    NOT_SEGMENTED(FrameFault.NOT_SEGMENTED),
    /** {@link BridgeDrop#GROUP_SOURCE}. */
    GROUP_SOURCE(BridgeDrop.GROUP_SOURCE),
    /** {@link BridgeDrop#ZERO_SOURCE}. */
    ZERO_SOURCE(BridgeDrop.ZERO_SOURCE),
    /** {@link BridgeDrop#SPOOFED_SOURCE}. */
    SPOOFED_SOURCE(BridgeDrop.SPOOFED_SOURCE),
    /** {@link BridgeDrop#INGRESS}. */
    INGRESS(BridgeDrop.INGRESS),
    /** {@link BridgeDrop#SPLIT_HORIZON}; also a flood that could have gone to channels alone. */
    SPLIT_HORIZON(BridgeDrop.SPLIT_HORIZON),
    /** {@link BridgeDrop#LINK_LOCAL}. */
    LINK_LOCAL(BridgeDrop.LINK_LOCAL),
    /** {@link BridgeDrop#UNKNOWN_PORT}. */
    UNKNOWN_PORT(BridgeDrop.UNKNOWN_PORT),
    /** There is no other port. */
    NO_PORT("no_port"),
    /** The egress port is not up. */
    PORT_DOWN("port_down"),
    /** The egress ring has no room: at once with on_full = drop, after the bound with on_full = wait. */
    RING_FULL("ring_full"),
    /** The egress channel is quarantined, since its peer broke the rules of the ring. */
    QUARANTINED("quarantined"),
    /** The egress socket or device has no room. */
    EGRESS_FULL("egress_full"),
    /** The egress device or file refused the frame. */
    EGRESS_ERROR("egress_error");

    private static final Drop[] VALUES = values();

    private static final Drop[] BY_FAULT = new Drop[FrameFault.values().length];
    private static final Drop[] BY_BRIDGE = new Drop[BridgeDrop.values().length];

    static {
        for (Drop drop : VALUES) {
            if (drop.fault != null) {
                BY_FAULT[drop.fault.ordinal()] = drop;
            }
            if (drop.bridge != null) {
                BY_BRIDGE[drop.bridge.ordinal()] = drop;
            }
        }
    }

    private final String label;
    private final @Nullable FrameFault fault;
    private final @Nullable BridgeDrop bridge;

    Drop(String label) {
        this(label, null, null);
    }

    Drop(FrameFault fault) {
        this(fault.label(), fault, null);
    }

    Drop(BridgeDrop bridge) {
        this(bridge.label(), null, bridge);
    }

    Drop(String label, @Nullable FrameFault fault, @Nullable BridgeDrop bridge) {
        this.label = label.replace('-', '_');
        this.fault = fault;
        this.bridge = bridge;
    }

    /** Stable name in the outputs. */
    public String label() {
        return label;
    }

    /** The member with this ordinal, without the copy that {@code values()} makes. */
    public static Drop of(int ordinal) {
        return VALUES[ordinal];
    }

    /** The drop of a frame that has this fault, which is not {@link FrameFault#NONE}. */
    public static Drop of(FrameFault fault) {
        return BY_FAULT[fault.ordinal()];
    }

    /** The drop that the bridge decided on. */
    public static Drop of(BridgeDrop reason) {
        return BY_BRIDGE[reason.ordinal()];
    }

    public static int count() {
        return VALUES.length;
    }
}
