// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.metrics;

/**
 * What is counted at each port besides drops. Bytes are those of Ethernet frames, without vnet_hdr and FCS. What came
 * in is counted as it came in, what goes out as it goes out: of datagrams that were coalesced, each one and the whole.
 */
public enum PortCounter {
    /** Frames that came in. */
    RECEIVED_FRAMES("received_frames"),
    /** Bytes that came in. */
    RECEIVED_BYTES("received_bytes"),
    /** Of the frames that came in, UDP datagrams that joined the one before them, and went on as one large segment. */
    COALESCED_FRAMES("coalesced_frames"),
    /** Of the frames that came in, those delivered to at least one port. */
    FORWARDED_FRAMES("forwarded_frames"),
    /** Of the frames that came in, those meant for every port: group address or unknown destination. */
    FLOODED_FRAMES("flooded_frames"),
    /** Deliveries beyond the first of frames that came in, counted as they go out. */
    FLOOD_COPIES("flood_copies"),
    /** Frames that went out. */
    SENT_FRAMES("sent_frames"),
    /** Bytes that went out. */
    SENT_BYTES("sent_bytes"),
    /**
     * Frames on the wire that software segmentation made of the frames that went out; 0 where the port takes them
     * whole.
     */
    SENT_SEGMENTS("sent_segments"),
    /** Frames that should have gone out here and could not. */
    REFUSED_FRAMES("refused_frames"),
    /** Frames that came in and were read straight into the ring by which they left. */
    LANDED_FRAMES("landed_frames"),
    /** Frames that came in and were read into the wrong ring: copied to where they belong, their record cancelled. */
    MISLANDED_FRAMES("mislanded_frames"),
    /** Times that reading here paused, since the ring towards the destination was full. */
    PAUSES("pauses"),
    /** Times that the port was left alone for a moment, so that small frames in quick succession come as a batch. */
    MODERATIONS("moderations"),
    /** Of the frames that went out, those that the peer had not taken from the ring when its epoch ended. */
    UNDELIVERED_FRAMES("undelivered_frames"),
    /** Frames of the peer that were still in its ring when its epoch ended; not among those that came in. */
    UNREAD_FRAMES("unread_frames");

    private final String label;

    PortCounter(String label) {
        this.label = label;
    }

    /** Stable name in the outputs. */
    public String label() {
        return label;
    }
}
