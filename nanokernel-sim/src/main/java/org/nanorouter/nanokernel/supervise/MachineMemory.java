// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.io.IOException;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.attach.AttachGrant;
import org.nanorouter.nanokernel.attach.AttachSession;
import org.nanorouter.nanokernel.attach.PeerGrant;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.nanokernel.keeper.Kept;
import org.nanorouter.nanokernel.memory.BadRegionException;
import org.nanorouter.nanokernel.memory.Doorbells;
import org.nanorouter.nanokernel.memory.ManagementWriter;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.switchboard.Switchboard;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.ShimException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The memory of the machine: cut into regions, and made known to those that share it. */
final class MachineMemory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(MachineMemory.class);

    private final Ledger ledger;
    private final ManagementWriter management;
    private final Doorbells doorbells;
    private final FlightRecorder recorder;
    private final Switchboard switchboard;
    private final int ringSize;
    private final List<OsConfig> configs;

    /**
     * Makes the management region with this boot id, or takes over a kept one, which has its own.
     *
     * @throws BadRegionException if the kept one is not of this revision
     */
    MachineMemory(MachineConfig config, Keeper keeper, Ledger ledger, byte[] bootId, LongSupplier clock)
            throws ShimException, BadRegionException {
        int kept = ledger.takeManagement();
        this.ledger = ledger;
        this.management = kept < 0 ? ManagementWriter.create(bootId) : ManagementWriter.adopt(kept);
        this.doorbells = new Doorbells(ledger);
        this.recorder = new FlightRecorder(management.region(), clock);
        this.switchboard = new Switchboard(keeper, config.oses().stream()
                .map(os -> new Switchboard.Share(os.name(), os.regionLength(), os.sharedMemory())).toList());
        this.ringSize = (int) config.ringSize();
        this.configs = config.oses();
        if (kept < 0) {
            define(config);
            ledger.keep(management);
        } else {
            ledger.takeBells(doorbells);
        }
    }

    private void define(MachineConfig config) {
        for (OsConfig os : configs) {
            management.defineOs(os.id(), os.name(), os.kind(), os.mac().bytes(),
                    (int) config.heartbeatPeriod().toMillis(), (int) config.heartbeatDeadline().toMillis());
        }
    }

    ManagementWriter management() {
        return management;
    }

    /** What is left of the epochs that ended by a failure. */
    FlightRecorder recorder() {
        return recorder;
    }

    /** What the programs of the OSes share. */
    Switchboard switchboard() {
        return switchboard;
    }

    void countRestart(ManagedOs os) {
        management.restartCount(os.id(), management.region().restartCount(os.id()) + 1);
    }

    Doorbells doorbells() {
        return doorbells;
    }

    /** For a failure on purpose: what the OS says of its rings to all peers is garbage, and all are told to look. */
    void garble(ManagedOs os, Collection<ManagedOs> all) throws ShimException {
        OsRegionObject region = os.region;
        for (ManagedOs peer : peersWithRegion(os, all)) {
            if (region != null) {
                region.garble(peer.id());
                EventFd.ring(doorbells.ringer(os.id(), peer.id()));
            }
        }
    }

    /** Makes the OS's region, enters its rings, and tells its attached peers. */
    void beginEpoch(ManagedOs os, long now, byte[] incarnation, Collection<ManagedOs> all) throws IOException {
        int epoch = management.region().epoch(os.id()) + 1;
        long length = os.config.regionLength();
        OsRegionObject region = OsRegionObject.create(os.name(), os.id(), epoch, (int) length);
        os.region = region;
        ledger.keepRegion(os.name(), region.writableFd(), os.token);
        management.beginEpoch(os.id(), length, now, incarnation);
        openRings(os, all);
        for (ManagedOs peer : peersWithRegion(os, all)) {
            AttachSession session = peer.session();
            if (session != null) {
                session.peer(grantOf(os, region, peer));
            }
        }
    }

    private void openRings(ManagedOs os, Collection<ManagedOs> all) {
        for (ManagedOs peer : peersWithRegion(os, all)) {
            management.openRing(os.id(), peer.id(), placeOf(os, peer));
            management.openRing(peer.id(), os.id(), placeOf(peer, os));
        }
    }

    /** Of all OSes with a region, once they are taken over: some may not have been opened yet. */
    void openRings(Collection<ManagedOs> all) {
        all.stream().filter(os -> os.region != null).forEach(os -> openRings(os, all));
    }

    /** Takes over the region of the OS's present epoch; false if none was kept, or it is another one's. */
    boolean adoptEpoch(ManagedOs os) {
        Kept kept = ledger.takeRegion(os.name());
        if (kept == null) {
            return false;
        }
        try {
            os.region = OsRegionObject.adopt(kept.descriptors()[0], os.id(), management.region().epoch(os.id()),
                    os.config.regionLength());
            os.token = Ledger.token(kept);
            return true;
        } catch (IOException e) {
            os.log(() -> LOG.warn("{}: its region cannot be taken over: {}", os.name(), e.getMessage()));
            ledger.dropRegion(os.name());
            return false;
        }
    }

    /**
     * Takes the OS's rings away, tells its attached peers, and closes its region; nothing if it has none. If it failed,
     * what the rings held is kept.
     */
    void endEpoch(ManagedOs os, Collection<ManagedOs> all, EventLog log) {
        OsRegionObject region = os.region;
        if (region == null) {
            return;
        }
        recorder.endOfEpoch(os, all, log);
        int epoch = region.view().epoch();
        os.region = null;
        for (ManagedOs peer : peersWithRegion(os, all)) {
            management.closeRing(os.id(), peer.id());
            management.closeRing(peer.id(), os.id());
            AttachSession session = peer.session();
            if (session != null) {
                session.peerGone(os.id(), epoch);
            }
        }
        doorbells.forget(os.id());
        ledger.dropRegion(os.name());
        region.close();
    }

    /** Of an OS without a region: nobody is to find a ring or a doorbell of it. */
    void closeRings(ManagedOs os) {
        for (OsConfig peer : configs) {
            if (peer.id() != os.id()) {
                management.closeRing(os.id(), peer.id());
                management.closeRing(peer.id(), os.id());
            }
        }
        doorbells.forget(os.id());
    }

    /** What the OS's endpoint gets; null if the OS has no region, or no more doorbells can be made. */
    @Nullable AttachGrant grant(ManagedOs os, Collection<ManagedOs> all) {
        OsRegionObject region = os.region;
        if (region == null) {
            return null;
        }
        List<PeerGrant> peers = new ArrayList<>();
        try {
            for (ManagedOs peer : peersWithRegion(os, all)) {
                OsRegionObject peerRegion = peer.region;
                if (peerRegion != null) {
                    peers.add(grantOf(peer, peerRegion, os));
                }
            }
        } catch (ShimException e) {
            return null;
        }
        return new AttachGrant(os.id(), region.view().epoch(), os.token, management.readOnlyFd(),
                ManagementDescriptor.LENGTH, region.writableFd(), os.config.regionLength(), peers);
    }

    /** What {@code receiver} gets of {@code of}. */
    private PeerGrant grantOf(ManagedOs of, OsRegionObject region, ManagedOs receiver) throws ShimException {
        return new PeerGrant(of.id(), region.view().epoch(), region.readOnlyFd(), of.config.regionLength(),
                doorbells.waiter(of.id(), receiver.id()), doorbells.ringer(receiver.id(), of.id()));
    }

    static List<ManagedOs> peersWithRegion(ManagedOs os, Collection<ManagedOs> all) {
        return all.stream().filter(peer -> peer.region != null && os.config.peers().contains(peer.name())).toList();
    }

    /** The producer's rings lie one behind the other in the order of its peers' ids. */
    private RingPlace placeOf(ManagedOs producer, ManagedOs consumer) {
        int slot = 0;
        for (OsConfig os : configs.subList(0, consumer.id())) {
            if (producer.config.peers().contains(os.name())) {
                slot++;
            }
        }
        return new RingPlace(OsRegionDescriptor.ringDataOffset(slot, ringSize), ringSize);
    }

    @Override
    public void close() {
        recorder.close();
        doorbells.close();
        management.close();
    }
}
