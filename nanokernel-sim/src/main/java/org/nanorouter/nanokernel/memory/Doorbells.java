// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import java.util.Arrays;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.ShimException;

/**
 * The nanokernel's doorbells: one eventfd for each ordered pair of OSes, made when first asked for, living until either
 * side's epoch ends.
 */
public final class Doorbells implements AutoCloseable {

    private static final int NONE = -1;

    private final int[] descriptors = new int[AbiDescriptor.MAX_OS * AbiDescriptor.MAX_OS];

    /** Makes an empty set. */
    public Doorbells() {
        Arrays.fill(descriptors, NONE);
    }

    /** The doorbell that {@code from} rings and {@code to} waits on; stays this object's. */
    public int fd(int from, int to) throws ShimException {
        final int at = index(from, to);
        if (descriptors[at] == NONE) {
            descriptors[at] = Errno.check(EventFd.create(), "make a doorbell, from=" + from + " to=" + to);
        }
        return descriptors[at];
    }

    /** Closes every doorbell that this OS rings or waits on, because its epoch ends. */
    public void forget(int osId) {
        for (int other = 0; other < AbiDescriptor.MAX_OS; other++) {
            close(index(osId, other));
            close(index(other, osId));
        }
    }

    /** Closes every doorbell. */
    @Override
    public void close() {
        for (int at = 0; at < descriptors.length; at++) {
            close(at);
        }
    }

    private void close(int at) {
        if (descriptors[at] != NONE) {
            Fd.close(descriptors[at]);
            descriptors[at] = NONE;
        }
    }

    private static int index(int from, int to) {
        return ManagementRegion.checkId(from) * AbiDescriptor.MAX_OS + ManagementRegion.checkId(to);
    }
}
