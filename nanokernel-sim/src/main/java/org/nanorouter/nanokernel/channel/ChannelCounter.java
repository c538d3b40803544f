// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.channel;

/**
 * What a channel counts, from its opening on; read by {@link Channel#count}.
 */
public enum ChannelCounter {

    /** Records published to the peer. */
    SENT_RECORDS("sent-records"),

    /** Payload bytes published to the peer. */
    SENT_BYTES("sent-bytes"),

    /** Claims that found the ring to the peer full. */
    FULL_CLAIMS("full-claims"),

    /** Records of the peer that were stepped over. */
    RECEIVED_RECORDS("received-records"),

    /** Payload bytes of the peer that were stepped over. */
    RECEIVED_BYTES("received-bytes"),

    /** Records of the peer whose sequence number did not follow the one before. */
    SEQUENCE_GAPS("sequence-gaps"),

    /** Doorbells rung for the peer. */
    DOORBELLS("doorbells"),

    /** Records published that the peer had not consumed when the channel was closed: lost with its epoch. */
    ABANDONED_SENT("abandoned-sent"),

    /** Records of the peer that had not been consumed when the channel was closed. */
    ABANDONED_RECEIVED("abandoned-received");

    private final String label;

    ChannelCounter(String label) {
        this.label = label;
    }

    /** Stable name for JSON and metrics. */
    public String label() {
        return label;
    }
}
