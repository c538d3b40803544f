// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;

/**
 * The memory object of one OS in one epoch, on the nanokernel's side: two descriptors to hand out, and a read-only view
 * to watch the OS through. How long it must be says {@link OsRegionDescriptor#regionLength}.
 */
public final class OsRegionObject implements AutoCloseable {

    private final int writableFd;
    private final int readOnlyFd;
    private final OsRegion view;

    private OsRegionObject(int writableFd, int readOnlyFd, OsRegion view) {
        this.writableFd = writableFd;
        this.readOnlyFd = readOnlyFd;
        this.view = view;
    }

    /**
     * Makes a zeroed, sealed memory object and writes its header.
     *
     * @param osName shown in /proc, means nothing else
     */
    public static OsRegionObject create(String osName, int osId, int epoch, int length)
        throws ShimException, BadRegionException {
        final int writable = Errno.check(MemoryObject.create("nk-os-" + osName, length),
            "make the region of OS " + osName + ", length=" + length);
        int readOnly = -1;
        try {
            readOnly = Errno.check(MemoryObject.reopenReadOnly(writable), "open the region of OS " + osName);
            try (MappedMemory mapping = MemoryObject.map(writable, OsRegionDescriptor.RINGS_OFFSET, true, 0)) {
                OsRegion.writeHeader(mapping.buffer(), osId, epoch, length);
            }
            return new OsRegionObject(writable, readOnly, OsRegion.mapPeer(readOnly, length, osId, epoch));
        } catch (ShimException | BadRegionException e) {
            if (readOnly >= 0) {
                Fd.close(readOnly);
            }
            Fd.close(writable);
            throw e;
        }
    }

    /**
     * Goes on with the region that a nanokernel made which was killed.
     *
     * @param writable its {@link #writableFd}, closed with this object, or now if this fails
     * @throws BadRegionException if its header is not that of this OS and epoch; the OS itself can write it
     */
    public static OsRegionObject adopt(int writable, int osId, int epoch, long length)
        throws ShimException, BadRegionException {
        int readOnly = -1;
        try {
            readOnly = Errno.check(MemoryObject.reopenReadOnly(writable), "open the region of OS " + osId);
            return new OsRegionObject(writable, readOnly, OsRegion.mapPeer(readOnly, length, osId, epoch));
        } catch (ShimException | BadRegionException e) {
            if (readOnly >= 0) {
                Fd.close(readOnly);
            }
            Fd.close(writable);
            throw e;
        }
    }

    /** Descriptor for the OS itself. */
    public int writableFd() {
        return writableFd;
    }

    /** Descriptor for its peers. */
    public int readOnlyFd() {
        return readOnlyFd;
    }

    /** What the nanokernel sees of the region; closed with this object. */
    public OsRegion view() {
        return view;
    }

    /**
     * For a failure on purpose: writes a tail that no producer can have into the block for a peer, as an OS gone mad
     * would.
     */
    public void garble(int peerId) throws ShimException {
        MappedMemory writable = MemoryObject.map(writableFd, view.length(), true, 0);
        writable.buffer().putLong(OsRegionDescriptor.cursorsOffset(peerId) + CursorDescriptor.TAIL_OFFSET, -1);
        writable.close();
    }

    /** Closes both descriptors and unmaps the view; the memory lives on while an OS maps it. */
    @Override
    public void close() {
        view.close();
        Fd.close(readOnlyFd);
        Fd.close(writableFd);
    }
}
