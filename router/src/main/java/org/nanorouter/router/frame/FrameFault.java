package org.nanorouter.router.frame;

/**
 * What is wrong with a frame or with the virtio_net_hdr before it. Everything but {@link #NONE} is the name of a drop.
 */
public enum FrameFault {

    /** Nothing is wrong. */
    NONE("none"),

    /** Shorter than an Ethernet header. */
    RUNT("runt"),

    /** Longer than the limit that applies: the ring's, or the egress port's. */
    OVERSIZE("oversize"),

    /** A flag other than NEEDS_CSUM and DATA_VALID. */
    UNKNOWN_FLAG("vnet-unknown-flag"),

    /** A segmentation type other than TCPv4, TCPv6 and UDP_L4. */
    UNKNOWN_GSO_TYPE("vnet-unknown-gso-type"),

    /** The ECN bit on something that is not a TCP segmentation type. */
    ECN_WITHOUT_TCP("vnet-ecn-without-tcp"),

    /** A segmentation type with a segment size of 0, or of 0xFFFF, which Linux keeps for itself. */
    BAD_GSO_SIZE("vnet-bad-gso-size"),

    /** More segments in one frame than a sane sender makes. */
    TOO_MANY_SEGMENTS("vnet-too-many-segments"),

    /** The checksum is to start inside the Ethernet or IP header, or the field lies outside of the frame. */
    CHECKSUM_OUTSIDE("vnet-checksum-outside"),

    /** A header length beyond the frame; Linux refuses that, too. */
    HEADER_LENGTH_OUTSIDE("vnet-header-length-outside"),

    /** UDP segmentation without NEEDS_CSUM. */
    GSO_WITHOUT_CHECKSUM("vnet-gso-without-checksum"),

    /** csum_start or csum_offset of a large segment does not name the checksum field of its protocol. */
    CHECKSUM_MISPLACED("vnet-checksum-misplaced"),

    /** The segmentation type is not that of the packet in the frame. */
    GSO_PROTOCOL_MISMATCH("vnet-gso-protocol-mismatch"),

    /** A segmentation type on a fragment. */
    GSO_FRAGMENT("vnet-gso-fragment"),

    /** Protocol headers beyond what the segmenter looks at. */
    HEADERS_TOO_LONG("headers-too-long"),

    /** An IP header that is cut short or contradicts itself, or has a length beyond the frame. */
    BAD_NETWORK_HEADER("bad-network-header"),

    /** A TCP or UDP header that is cut short or contradicts itself. */
    BAD_TRANSPORT_HEADER("bad-transport-header"),

    /** A large segment where only an ordinary frame is possible. */
    NOT_SEGMENTED("not-segmented");

    private final String label;

    FrameFault(final String label) {
        this.label = label;
    }

    /** The stable name of the drop, as shown to people and programs. */
    public String label() {
        return label;
    }
}
