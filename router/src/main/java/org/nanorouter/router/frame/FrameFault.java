// SPDX-License-Identifier: Apache-2.0
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
    UNKNOWN_FLAG("vnet_unknown_flag"),

    /** A segmentation type other than TCPv4, TCPv6 and UDP_L4. */
    UNKNOWN_GSO_TYPE("vnet_unknown_gso_type"),

    /** The ECN bit on something that is not a TCP segmentation type. */
    ECN_WITHOUT_TCP("vnet_ecn_without_tcp"),

    /** A segmentation type with a segment size of 0, or of 0xFFFF, which Linux keeps for itself. */
    BAD_GSO_SIZE("vnet_bad_gso_size"),

    /** More segments in one frame than a sane sender makes. */
    TOO_MANY_SEGMENTS("vnet_too_many_segments"),

    /** The checksum is to start inside the Ethernet or IP header, or the field lies outside of the frame. */
    CHECKSUM_OUTSIDE("vnet_checksum_outside"),

    /** A header length beyond the frame; Linux refuses that, too. */
    HEADER_LENGTH_OUTSIDE("vnet_header_length_outside"),

    /** UDP segmentation without NEEDS_CSUM. */
    GSO_WITHOUT_CHECKSUM("vnet_gso_without_checksum"),

    /** csum_start or csum_offset of a large segment does not name the checksum field of its protocol. */
    CHECKSUM_MISPLACED("vnet_checksum_misplaced"),

    /** The segmentation type is not that of the packet in the frame. */
    GSO_PROTOCOL_MISMATCH("vnet_gso_protocol_mismatch"),

    /** A segmentation type on a fragment. */
    GSO_FRAGMENT("vnet_gso_fragment"),

    /** Protocol headers beyond what the segmenter looks at. */
    HEADERS_TOO_LONG("headers_too_long"),

    /** An IP header that is cut short or contradicts itself, or has a length beyond the frame. */
    BAD_NETWORK_HEADER("bad_network_header"),

    /** A TCP or UDP header that is cut short or contradicts itself. */
    BAD_TRANSPORT_HEADER("bad_transport_header"),

    /** A large segment where only an ordinary frame is possible. */
    NOT_SEGMENTED("not_segmented");

    private final String label;

    FrameFault(String label) {
        this.label = label;
    }

    /** The stable name of the drop, as shown to people and programs. */
    public String label() {
        return label;
    }
}
