// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import java.util.Arrays;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.shim.Doorbell;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.ShimException;

/**
 * The nanokernel's doorbells: one for each ordered pair of OSes, made when first asked for, living until either side's
 * epoch ends. The two sides get different descriptors, so that neither can block or silence the other.
 */
public final class Doorbells implements AutoCloseable {

    /** Hears of what is made and closed, on the caller's thread. */
    public interface Listener {

        /** A doorbell was made; its descriptors stay the doorbells' own. */
        void made(int from, int to, int ringer, int waiter);

        /** A doorbell is closed, while doorbells go on; {@link #close} tells of none. */
        void forgotten(int from, int to);
    }

    private static final int NONE = -1;
    private static final Listener NOBODY = new Listener() {
        @Override
        public void made(int from, int to, int ringer, int waiter) {
            // For those that nobody keeps.
        }

        @Override
        public void forgotten(int from, int to) {
            // As above.
        }
    };

    private final int[] ringers = new int[AbiDescriptor.MAX_OS * AbiDescriptor.MAX_OS];
    private final int[] waiters = new int[AbiDescriptor.MAX_OS * AbiDescriptor.MAX_OS];

    private final Listener listener;

    /** Makes an empty set. */
    public Doorbells() {
        this(NOBODY);
    }

    /** Makes an empty set. */
    public Doorbells(Listener listener) {
        this.listener = listener;
        Arrays.fill(ringers, NONE);
        Arrays.fill(waiters, NONE);
    }

    /** The eventfd with which {@code from} rings for {@code to}; stays this object's. */
    public int ringer(int from, int to) throws ShimException {
        return ringers[make(from, to)];
    }

    /** What {@code to} waits on for {@code from}; stays this object's. */
    public int waiter(int from, int to) throws ShimException {
        return waiters[make(from, to)];
    }

    /** Takes over a doorbell that a nanokernel made which was killed. */
    public void adopt(int from, int to, int ringer, int waiter) {
        final int at = index(from, to);
        close(at);
        ringers[at] = ringer;
        waiters[at] = waiter;
    }

    private int make(int from, int to) throws ShimException {
        final int at = index(from, to);
        if (ringers[at] == NONE) {
            final int ringer = Errno.check(EventFd.create(), "make a doorbell");
            final int waiter = Doorbell.waiter(ringer);
            if (waiter < 0) {
                Fd.close(ringer);
                throw new ShimException(-waiter, "make the waiting side of a doorbell");
            }
            ringers[at] = ringer;
            waiters[at] = waiter;
            listener.made(from, to, ringer, waiter);
        }
        return at;
    }

    /** For a failure on purpose: no ring of this OS, nor for it, is heard until {@link #unmute}. */
    public void mute(int osId) {
        for (int other = 0; other < AbiDescriptor.MAX_OS; other++) {
            for (int at : new int[] {index(osId, other), index(other, osId)}) {
                if (ringers[at] != NONE) {
                    EventFd.fill(ringers[at]);
                }
            }
        }
    }

    /** Rings are heard again; those that were lost stay so. */
    public void unmute(int osId) {
        for (int other = 0; other < AbiDescriptor.MAX_OS; other++) {
            for (int at : new int[] {index(osId, other), index(other, osId)}) {
                if (ringers[at] != NONE) {
                    EventFd.drain(ringers[at]);
                }
            }
        }
    }

    /** Closes every doorbell that this OS rings or waits on, because its epoch ends. */
    public void forget(int osId) {
        for (int other = 0; other < AbiDescriptor.MAX_OS; other++) {
            forget(osId, other);
            forget(other, osId);
        }
    }

    private void forget(int from, int to) {
        if (ringers[index(from, to)] != NONE) {
            close(index(from, to));
            listener.forgotten(from, to);
        }
    }

    /** Closes every doorbell. */
    @Override
    public void close() {
        for (int at = 0; at < ringers.length; at++) {
            close(at);
        }
    }

    private void close(int at) {
        if (ringers[at] != NONE) {
            Fd.close(waiters[at]);
            Fd.close(ringers[at]);
            waiters[at] = NONE;
            ringers[at] = NONE;
        }
    }

    private static int index(int from, int to) {
        return ManagementRegion.checkId(from) * AbiDescriptor.MAX_OS + ManagementRegion.checkId(to);
    }
}
