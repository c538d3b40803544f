// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.channel;

import java.io.IOException;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.memory.ManagementRegion;
import org.nanorouter.nanokernel.memory.ManagementWriter;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;

/** Two OSes in one process, with real regions, rings and doorbells, and a channel from each to the other. */
public final class TwoOses implements AutoCloseable {
    private static final int ID_LENGTH = 16;
    private static final byte[] MAC_0 = {2, 0, 0, 0, 0, 1};
    private static final byte[] MAC_1 = {2, 0, 0, 0, 0, 2};

    /** The region of the second OS, which a test may damage. */
    public final OsRegion region1;
    /** The channel of the first OS to the second. */
    public final Channel from0;
    /** The channel of the second OS to the first. */
    public final Channel from1;

    private final int length;
    private final ManagementWriter management;
    /** Both sides hold the eventfd itself, so that a test can see how often it was rung. */
    private final int doorbellTo0 = EventFd.create();
    private final int doorbellTo1 = EventFd.create();
    private final OsRegionObject object0;
    private final OsRegionObject object1;
    private final OsRegion region0;

    /** Rings of this capacity. */
    public TwoOses(int ringCapacity) throws IOException {
        length = OsRegionDescriptor.regionLength(1, ringCapacity);
        management = ManagementWriter.create(new byte[ID_LENGTH]);
        object0 = begin(0, "zero", MAC_0);
        object1 = begin(1, "one", MAC_1);
        RingPlace place = new RingPlace(OsRegionDescriptor.ringDataOffset(0, ringCapacity), ringCapacity);
        management.openRing(0, 1, place);
        management.openRing(1, 0, place);
        region0 = OsRegion.mapOwn(object0.writableFd(), length, 0, 1);
        region1 = OsRegion.mapOwn(object1.writableFd(), length, 1, 1);
        ManagementRegion seen = management.region();
        from0 = Channel.open(region0, OsRegion.mapPeer(object1.readOnlyFd(), length, 1, 1), seen,
            Fd.duplicate(doorbellTo0), Fd.duplicate(doorbellTo1));
        from1 = Channel.open(region1, OsRegion.mapPeer(object0.readOnlyFd(), length, 0, 1), seen,
            Fd.duplicate(doorbellTo1), Fd.duplicate(doorbellTo0));
    }

    private OsRegionObject begin(int id, String name, byte[] mac) throws IOException {
        management.defineOs(id, name, OsKind.PROCESS, mac, 100, 500);
        int epoch = management.beginEpoch(id, length, System.nanoTime(), new byte[ID_LENGTH]);
        return OsRegionObject.create(name, id, epoch, length);
    }

    @Override
    public void close() {
        from0.close();
        from1.close();
        region0.close();
        region1.close();
        object0.close();
        object1.close();
        Fd.close(doorbellTo0);
        Fd.close(doorbellTo1);
        management.close();
    }
}
