// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.shim.Doorbell;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;

/**
 * The nanokernel's descriptors of what one end of a connection writes and rings: two of the memory, two of the
 * doorbell. They are closed once both ends have theirs.
 */
final class Half implements AutoCloseable {
    private static final int NONE = -1;

    private int writable = NONE;
    private int readOnly = NONE;
    private int ringer = NONE;
    private int waiter = NONE;

    private Half() {
    }

    /**
     * Makes a half.
     *
     * @param side   of the end that writes it
     * @param length {@link #length}
     */
    static Half create(int side, int length) throws ShimException {
        Half half = new Half();
        try {
            half.writable = Errno.check(MemoryObject.create("nk-half", length), "make half of a connection, length="
                    + length);
            half.readOnly = Errno.check(MemoryObject.reopenReadOnly(half.writable), "open half of a connection");
            half.ringer = Errno.check(EventFd.create(), "make a connection's doorbell");
            half.waiter = Errno.check(Doorbell.waiter(half.ringer), "make the waiting side of a connection's doorbell");
            try (MappedMemory header = MemoryObject.map(half.writable, OsRegionDescriptor.RINGS_OFFSET, true, 0)) {
                OsRegion.writeHeader(header.buffer(), side, AbiDescriptor.HALF_EPOCH, length);
            }
            return half;
        } catch (ShimException e) {
            half.close();
            throw e;
        }
    }

    /** Bytes of a half with a ring of this capacity. */
    static int length(int capacity) {
        return OsRegionDescriptor.RINGS_OFFSET + capacity;
    }

    /** The memory, for its end. */
    int writable() {
        return writable;
    }

    /** The memory, for the other end. */
    int readOnly() {
        return readOnly;
    }

    /** The doorbell, for its end. */
    int ringer() {
        return ringer;
    }

    /** The doorbell, for the other end. */
    int waiter() {
        return waiter;
    }

    @Override
    public void close() {
        for (int fd : new int[] {writable, readOnly, ringer, waiter}) {
            if (fd != NONE) {
                Fd.close(fd);
            }
        }
    }
}
