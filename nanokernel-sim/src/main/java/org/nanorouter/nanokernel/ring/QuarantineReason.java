// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

/**
 * Why a channel was quarantined: which check of {@code docs/abi.md} section 4.2 the peer failed. Each is counted by the
 * attachment under its {@link #label}.
 */
public enum QuarantineReason {

    /** The peer's tail is not a multiple of 8. */
    TAIL_MISALIGNED("tail-misaligned"),

    /** The peer's tail went back. */
    TAIL_BACKWARDS("tail-backwards"),

    /** The peer's tail is more than the ring's capacity ahead of the head. */
    TAIL_BEYOND_CAPACITY("tail-beyond-capacity"),

    /** The peer's head is not a multiple of 8. */
    HEAD_MISALIGNED("head-misaligned"),

    /** The peer's head went back. */
    HEAD_BACKWARDS("head-backwards"),

    /** The peer's head is ahead of the tail. */
    HEAD_BEYOND_TAIL("head-beyond-tail"),

    /** A record is neither padding, nor Ethernet, nor a message. */
    TYPE_UNKNOWN("type-unknown"),

    /** A record's payload is empty or longer than a payload may be. */
    LENGTH_OUT_OF_BOUNDS("length-out-of-bounds"),

    /** A padding record is shorter than 8 bytes, or its span is not a multiple of 8. */
    PADDING_MALFORMED("padding-malformed"),

    /** A record ends after the tail. */
    SPAN_BEYOND_TAIL("span-beyond-tail"),

    /** A record ends after the ring. */
    SPAN_BEYOND_RING_END("span-beyond-ring-end"),

    /**
     * This OS's own cursors, left by the endpoint before this one, cannot be: the one reason that is not the peer's.
     */
    OWN_CURSORS_BROKEN("own-cursors-broken"),

    /** The owner of the channel refused what came through it. */
    REFUSED_BY_OWNER("refused-by-owner");

    private final String label;

    QuarantineReason(String label) {
        this.label = label;
    }

    /** Stable name for counters and JSON. */
    public String label() {
        return label;
    }
}
