// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.shim.Fd;

/**
 * This program's end of a connection.
 *
 * @param request number of the request that it answers; 0: another program connected to a port
 * @param connectionId id of the connection, the same at both ends
 * @param portId id of the port to which it was made; 0 at the end that connected
 * @param peerOs id of the other end's OS
 * @param peerEpoch its epoch
 * @param peerProgram id of the program there
 * @param own the half that this end writes
 * @param peer the other one
 * @param doorbellIn descriptor that becomes readable when the other end rings
 * @param doorbellOut eventfd that wakes the other end
 */
public record ConnectionEnd(int request, int connectionId, int portId, int peerOs, int peerEpoch, int peerProgram,
    OsRegion own, OsRegion peer, int doorbellIn, int doorbellOut) implements AutoCloseable {

    /** Unmaps the halves and closes the doorbells. */
    @Override
    public void close() {
        own.close();
        peer.close();
        Fd.close(doorbellIn);
        Fd.close(doorbellOut);
    }
}
