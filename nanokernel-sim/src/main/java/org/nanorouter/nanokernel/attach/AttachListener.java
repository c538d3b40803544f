// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import org.nanorouter.nanokernel.channel.Channel;

/**
 * What an {@link Attachment} tells its owner, on the thread that calls {@link Attachment#dispatch}.
 */
public interface AttachListener {

    /** The channel is open: wait on its doorbell, and look at both rings once. */
    void peer(Channel channel);

    /**
     * The peer's epoch ended. The channel still works during this call, so that what is left in it can be read; then
     * its memory is unmapped and its doorbells are closed. Take the doorbell off the event loop here.
     */
    void peerGone(Channel channel);

    /** Every peer that there was has been told. */
    void synced();

    /**
     * What came for a peer breaks the ABI, so there is no channel to it in this epoch.
     *
     * @param reason for the log
     */
    void peerRefused(int peerId, int peerEpoch, String reason);

    /**
     * The nanokernel is gone, or broke the ABI. The channels go on; {@link Attachment#fd} is about to be closed: take
     * it off the event loop here. {@link Attachment#reattach} may be tried later.
     *
     * @param reason for the log
     */
    void lost(String reason);
}
