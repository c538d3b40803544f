// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.standby;

import java.io.IOException;
import java.util.List;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.AttachDescriptor;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsEntryDescriptor;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.attach.AttachGrant;
import org.nanorouter.nanokernel.attach.PeerGrant;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.memory.Doorbells;
import org.nanorouter.nanokernel.memory.ManagementWriter;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;

/** Two OSes, this one and a peer, that exist in this process alone: what rehearsals work on. */
final class Stage implements AutoCloseable {
    static final int OWN = 0;
    static final int PEER = 1;
    static final byte[] OWN_MAC = {2, 0, 0, 0, 0, 1};
    static final byte[] PEER_MAC = {2, 0, 0, 0, 0, 2};
    static final String OWN_NAME = "stage-own";
    static final byte[] TOKEN = new byte[AttachDescriptor.TOKEN_LENGTH];

    private static final int EPOCH = 1;
    private static final int RING = AbiDescriptor.MIN_RING_CAPACITY;
    private static final int REGION = OsRegionDescriptor.regionLength(1, RING);
    /** Nobody beats on a stage for long. */
    private static final int PERIOD_MS = 1_000;
    private static final int DEADLINE_MS = 10_000;

    private final ManagementWriter management =
        ManagementWriter.create(new byte[ManagementDescriptor.BOOT_ID_LENGTH]);
    private final Doorbells doorbells = new Doorbells();
    private final OsRegionObject[] objects = {begin(OWN, OWN_NAME, OWN_MAC), begin(PEER, "stage-peer", PEER_MAC)};

    Stage() throws IOException {
        RingPlace place = new RingPlace(OsRegionDescriptor.ringDataOffset(0, RING), RING);
        management.openRing(OWN, PEER, place);
        management.openRing(PEER, OWN, place);
    }

    private OsRegionObject begin(int id, String name, byte[] mac) throws IOException {
        management.defineOs(id, name, OsKind.PROCESS, mac, PERIOD_MS, DEADLINE_MS);
        management.beginEpoch(id, REGION, System.nanoTime(), new byte[OsEntryDescriptor.INCARNATION_LENGTH]);
        return OsRegionObject.create("stage", id, EPOCH, REGION);
    }

    /** Maps a region for the OS that owns it. */
    OsRegion map(int id) throws IOException {
        return OsRegion.mapOwn(objects[id].writableFd(), REGION, id, EPOCH);
    }

    /** One end of the channel between the two. */
    Channel channel(OsRegion of, int to, int from) throws IOException {
        return Channel.open(of, OsRegion.mapPeer(objects[to].readOnlyFd(), REGION, to, EPOCH), management.region(),
            Errno.check(Fd.duplicate(doorbells.waiter(to, from)), "dup"),
            Errno.check(Fd.duplicate(doorbells.ringer(from, to)), "dup"));
    }

    /** What a nanokernel would give to this OS. */
    AttachGrant grant() throws IOException {
        PeerGrant peer = new PeerGrant(PEER, EPOCH, objects[PEER].readOnlyFd(), REGION, doorbells.waiter(PEER, OWN),
            doorbells.ringer(OWN, PEER));
        return new AttachGrant(OWN, EPOCH, TOKEN, management.readOnlyFd(), ManagementDescriptor.LENGTH,
            objects[OWN].writableFd(), REGION, List.of(peer));
    }

    @Override
    public void close() {
        for (OsRegionObject object : objects) {
            object.close();
        }
        doorbells.close();
        management.close();
    }
}
