// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.keeper;

import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.UnixSocket;

/**
 * Keeps within one process, for practice, what a nanokernel sends until its successor begins. Of processes it learns
 * nothing. One thread at a time.
 */
public final class PracticeKeeper implements AutoCloseable {
    private final Keeper predecessor;
    private final Keeper successor;
    /** The predecessor's end: without it the successor would see that its keeper ended. */
    private final int near;

    private PracticeKeeper(Keeper predecessor, Keeper successor, int near) {
        this.predecessor = predecessor;
        this.successor = successor;
        this.near = near;
    }

    /** One that keeps nothing yet. */
    public static PracticeKeeper create() throws ShimException {
        try (NativeBuffer pair = NativeBuffer.allocate(2 * Integer.BYTES)) {
            Errno.check(UnixSocket.seqPacketPair(pair.address()), "make a pair of sockets");
            Keeper predecessor = new Keeper(pair.buffer().getInt(0));
            Keeper successor = new Keeper(pair.buffer().getInt(Integer.BYTES));
            int near = Fd.duplicate(pair.buffer().getInt(0));
            if (near < 0) {
                predecessor.close();
                successor.close();
            }
            return new PracticeKeeper(predecessor, successor, Errno.check(near, "duplicate a socket"));
        }
    }

    /** What the first nanokernel has. */
    public Keeper predecessor() {
        return predecessor;
    }

    /** What the next one gets, as if the first were killed now: the first keeps nothing any more. */
    public Keeper successor() {
        // Not closed: the first nanokernel has not ended yet, and goes on to call it as one whose keeper is lost.
        predecessor.hangUp();
        successor.receiveSent();
        return successor;
    }

    @Override
    public void close() {
        predecessor.close();
        successor.close();
        Fd.close(near);
    }
}
