// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.util.Map;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortState;

/**
 * What an emulated card is plugged into. Called on the data loop; never blocks on a peer and never throws.
 */
sealed interface Wire extends AutoCloseable permits SocketWire, PcapWire, PairWire {
    /** A time that is always past: the loop's clock counts up from the machine's start. */
    long AT_ONCE = 0;

    /** Its name in outputs and configuration. */
    String kind();

    PortState state();

    /** As {@link Port#readinessDescriptor}. */
    int readinessDescriptor();

    /** As {@link Port#nextReceiveAt}. */
    default long nextReceiveAt() {
        return Port.NEVER;
    }

    /**
     * Fills slots from the first on with frames; each slot's result is the frame's length, or negative for one that was
     * lost since it is too long.
     *
     * @return number of slots used; if that is not all, there is nothing more before the descriptor becomes readable or
     *     the time has come
     */
    int receive(FrameSlots slots, long now);

    /**
     * Sends {@code count} slots from {@code first} on, in their order. A slot refused for its own length has a negative
     * result and does not stop those behind it.
     *
     * @return number of slots done; if that is less than {@code count}, the next one's result is the error that stopped
     *     it: EAGAIN or ENOBUFS if it is worth while to try again later
     */
    int send(FrameSlots slots, int first, int count, long now);

    /** What outputs show beside the counters. */
    Map<String, Object> details();

    @Override
    void close();
}
