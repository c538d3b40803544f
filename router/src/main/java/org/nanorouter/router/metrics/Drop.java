package org.nanorouter.router.metrics;

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
    /** The source address is a group address or zero. */
    BAD_SOURCE("bad_source"),
    /** The destination is one of 01:80:c2:00:00:0x, which a bridge does not forward. */
    LINK_LOCAL("link_local"),
    /** The destination lives behind the port on which the frame came in. */
    SAME_PORT("same_port"),
    /** It came from a channel and could only leave by another channel: the mesh delivered it already. */
    SPLIT_HORIZON("split_horizon"),
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

    static {
        for (Drop drop : VALUES) {
            if (drop.fault != FrameFault.NONE) {
                BY_FAULT[drop.fault.ordinal()] = drop;
            }
        }
    }

    private final String label;
    private final FrameFault fault;

    Drop(String label) {
        this.label = label;
        this.fault = FrameFault.NONE;
    }

    Drop(FrameFault fault) {
        this.label = fault.label().replace('-', '_');
        this.fault = fault;
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

    public static int count() {
        return VALUES.length;
    }
}
