// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.channel;

/**
 * State of a channel as this side sees it. Open becomes quarantined or closed, quarantined becomes closed; closed is
 * the end, the peer's next epoch is another channel.
 */
public enum ChannelState {

    /** Both rings may be used. */
    OPEN,

    /** The peer broke the ABI: claims answer FULL, polls BROKEN, and no memory is touched. */
    QUARANTINED,

    /** The memory is unmapped and the doorbells are closed: claims answer FULL, polls NONE or BROKEN. */
    CLOSED
}
