// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.ring.Quarantine;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.shim.Doorbell;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;

/**
 * One end of the ring between a router and a capture: two regions as those of a connection between programs, of which
 * only the router's has room for records.
 */
final class CaptureRing implements AutoCloseable {
    private static final int ROUTER = 0;
    private static final int READER = 1;
    private static final int NONE = -1;

    private final OsRegion own;
    private final OsRegion peer;
    private final int capacity;
    private final Quarantine quarantine = new Quarantine();
    private final int doorbellIn;
    private final int doorbellOut;
    private final AtomicBoolean closed = new AtomicBoolean();

    private CaptureRing(OsRegion own, OsRegion peer, int capacity, int doorbellIn, int doorbellOut) {
        this.own = own;
        this.peer = peer;
        this.capacity = capacity;
        this.doorbellIn = doorbellIn;
        this.doorbellOut = doorbellOut;
        own.adoptPeer(peer.osId(), AbiDescriptor.HALF_EPOCH);
    }

    /** What the reader gets: of the router's region, of its own, the doorbell to wait on, the one to ring. */
    record Handout(int[] descriptors) implements AutoCloseable {
        static final int COUNT = 4;

        @Override
        public void close() {
            for (int descriptor : descriptors) {
                if (descriptor != NONE) {
                    Fd.close(descriptor);
                }
            }
        }
    }

    /** A new ring at the router's end, and what the other end needs. */
    record Made(CaptureRing ring, Handout handout) {
    }

    static Made make(int capacity) throws IOException {
        int length = OsRegionDescriptor.RINGS_OFFSET + capacity;
        int routers = NONE;
        int toReader = NONE;
        int[] handout = {NONE, NONE, NONE, NONE};
        try {
            routers = region("nk-capture", ROUTER, length);
            handout[0] = Errno.check(MemoryObject.reopenReadOnly(routers), "open the memory of a capture");
            handout[1] = region("nk-capture-end", READER, OsRegionDescriptor.RINGS_OFFSET);
            toReader = Errno.check(EventFd.create(), "make the doorbell of a capture");
            handout[2] = Errno.check(Doorbell.waiter(toReader), "make the waiting side of a doorbell");
            handout[3] = Errno.check(EventFd.create(), "make the doorbell of a capture");
            OsRegion own = OsRegion.mapOwn(routers, length, ROUTER, AbiDescriptor.HALF_EPOCH);
            OsRegion peer;
            try {
                peer = OsRegion.mapPeer(handout[1], OsRegionDescriptor.RINGS_OFFSET, READER, AbiDescriptor.HALF_EPOCH);
            } catch (IOException e) {
                own.close();
                throw e;
            }
            return new Made(new CaptureRing(own, peer, capacity, NONE, toReader), new Handout(handout));
        } catch (IOException e) {
            new Handout(handout).close();
            if (toReader != NONE) {
                Fd.close(toReader);
            }
            throw e;
        } finally {
            if (routers != NONE) {
                Fd.close(routers);
            }
        }
    }

    private static int region(String name, int side, int length) throws ShimException {
        int fd = Errno.check(MemoryObject.create(name, length), "make the memory of a capture, length=" + length);
        try (MappedMemory header = MemoryObject.map(fd, OsRegionDescriptor.RINGS_OFFSET, true, 0)) {
            OsRegion.writeHeader(header.buffer(), side, AbiDescriptor.HALF_EPOCH, length);
            return fd;
        } catch (ShimException e) {
            Fd.close(fd);
            throw e;
        }
    }

    /** The reader's end; the descriptors are its own, or closed if it fails. */
    static CaptureRing open(int[] descriptors, int capacity) throws IOException {
        OsRegion peer = null;
        OsRegion own;
        try {
            if (descriptors.length != Handout.COUNT) {
                throw new IOException("the router sent " + descriptors.length + " descriptors, expected "
                    + Handout.COUNT);
            }
            peer = OsRegion.mapPeer(descriptors[0], OsRegionDescriptor.RINGS_OFFSET + (long) capacity, ROUTER,
                AbiDescriptor.HALF_EPOCH);
            own = OsRegion.mapOwn(descriptors[1], OsRegionDescriptor.RINGS_OFFSET, READER, AbiDescriptor.HALF_EPOCH);
        } catch (IOException e) {
            if (peer != null) {
                peer.close();
            }
            new Handout(descriptors).close();
            throw e;
        }
        Fd.close(descriptors[0]);
        Fd.close(descriptors[1]);
        return new CaptureRing(own, peer, capacity, descriptors[2], descriptors[3]);
    }

    private RingPlace place() {
        return new RingPlace(OsRegionDescriptor.RINGS_OFFSET, capacity);
    }

    RingProducer producer() {
        return new RingProducer(own, peer, place(), quarantine);
    }

    RingConsumer consumer() {
        return new RingConsumer(own, peer, place(), quarantine);
    }

    /** Readable when the other end has rung. */
    int doorbellIn() {
        return doorbellIn;
    }

    int doorbellOut() {
        return doorbellOut;
    }

    @Override
    public void close() {
        if (closed.compareAndSet(false, true)) {
            quarantine.close();
            own.close();
            peer.close();
            if (doorbellIn != NONE) {
                Fd.close(doorbellIn);
            }
            Fd.close(doorbellOut);
        }
    }
}
