// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.nio.ByteBuffer;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.config.ConfigReader;
import org.nanorouter.nanokernel.memory.ManagementRegion;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.postmortem.Postmortem;
import org.nanorouter.nanokernel.postmortem.PostmortemTransfer;
import org.nanorouter.nanokernel.postmortem.RingImage;
import org.nanorouter.shim.NativeBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps of each OS what its rings held when it last failed: at most {@link #MAX_BYTES} an OS, outside the heap, shared
 * equally by its rings; until it fails again or the nanokernel ends. A copy of a living OS's rings that is asked for
 * takes the place of the one before, of whatever OS. If the memory is not to be had, nothing is kept of
 * this failure, and the OS restarts all the same.
 */
final class FlightRecorder implements AutoCloseable {
    /** Bytes kept of one OS; with few peers and rings of the usual size all that they held. */
    static final int MAX_BYTES = 8 << 20;
    /** Events kept of one OS, the last ones. */
    static final int MAX_EVENTS = 256;

    private static final Logger LOG = LoggerFactory.getLogger(FlightRecorder.class);
    /** A peer goes on sending while its ring is copied. */
    private static final long COPY_NS = 1_000_000_000L;

    private record Kept(Postmortem postmortem, @Nullable NativeBuffer memory) implements AutoCloseable {
        @Override
        public void close() {
            if (memory != null) {
                memory.close();
            }
        }
    }

    private record Pair(OsRegion from, OsRegion to, RingPlace place, RingImage.Subject subject) {
    }

    private final ManagementRegion table;
    private final LongSupplier clock;
    private final Map<String, Kept> kept = new HashMap<>();
    /** The last copy that was asked for of an OS that lived. */
    private @Nullable Kept living;

    /**
     * Makes it, with nothing kept.
     *
     * @param clock CLOCK_MONOTONIC in ns
     */
    FlightRecorder(ManagementRegion table, LongSupplier clock) {
        this.table = table;
        this.clock = clock;
    }

    /** Looks at an OS whose epoch is about to end, and keeps what it held if it is a failure that ends it. */
    void endOfEpoch(ManagedOs os, Collection<ManagedOs> all, EventLog log) {
        OsRegionObject region = os.region;
        Failure failure = table.lastFailure(os.id());
        List<OsEvent> events = log.of(os.name());
        long failedAt = table.lastFailureAt(os.id());
        if (region == null || failure == null || failure == Failure.NONE || failedAt < table.startedAt(os.id())
                || events.stream().anyMatch(event -> event.to() == OsState.RUNNING && event.at() > failedAt)) {
            // It never failed in this epoch, or it was hung and is alive again.
            return;
        }
        long begin = clock.getAsLong();
        Kept copy = copy(os, region, all, ConfigReader.label(failure), os.failureText, failedAt, events);
        Kept before = kept.put(os.name(), copy);
        if (before != null) {
            before.close();
        }
        os.log(() -> LOG.info("{}: {} KiB of its rings are kept for 'os postmortem', copied in {} us", os.name(),
                copy.postmortem().rings().stream().mapToInt(ring -> ring.bytes().capacity()).sum() >> 10,
                (clock.getAsLong() - begin) / 1_000));
    }

    /** The status with which an OS's processes ended says more of the failure than was known when its epoch ended. */
    void explain(ManagedOs os, EventLog log) {
        Kept known = kept.get(os.name());
        Failure failure = table.lastFailure(os.id());
        if (known != null && failure != null && known.postmortem().failedAt() == table.lastFailureAt(os.id())) {
            kept.put(os.name(), new Kept(known.postmortem().explained(ConfigReader.label(failure), os.failureText,
                    last(log.of(os.name()))), known.memory()));
        }
    }

    private Kept copy(ManagedOs os, OsRegionObject region, Collection<ManagedOs> all, String failure, String text,
            long failedAt, List<OsEvent> events) {
        List<Pair> pairs = pairs(os, region, all, clock.getAsLong());
        NativeBuffer copy = null;
        try {
            copy = pairs.isEmpty() ? null : NativeBuffer.allocate(MAX_BYTES);
        } catch (OutOfMemoryError e) {
            os.log(() -> LOG.warn("{}: what its rings held is not kept: {}", os.name(), e.getMessage()));
            pairs = List.of();
        }
        return new Kept(new Postmortem(os.name(), os.epoch(), failure, text, table.startedAt(os.id()), failedAt,
                region.view().heartbeat(), clockOffset(), panic(region.view()), last(events), take(pairs, copy)), copy);
    }

    /** Copies what the rings of an OS hold now, as after its router died; in place of the last such copy of any OS. */
    private Postmortem now(ManagedOs os, Collection<ManagedOs> all, EventLog log) {
        OsRegionObject region = os.region;
        OsState state = table.state(os.id());
        if (region == null || state == null) {
            throw new IllegalStateException("os=" + os.name() + " does not run, it has no rings now");
        }
        if (living != null) {
            living.close();
        }
        living = copy(os, region, all, Postmortem.ALIVE, "it is " + Machine.label(state), clock.getAsLong(),
                log.of(os.name()));
        return living.postmortem();
    }

    private static List<Postmortem.Event> last(List<OsEvent> events) {
        return events.subList(Math.max(0, events.size() - MAX_EVENTS), events.size()).stream()
                .map(event -> new Postmortem.Event(event.at(), "epoch " + event.epoch() + ": "
                        + (event.from() == null || event.to() == null ? ""
                        : Machine.label(event.from()) + " -> " + Machine.label(event.to()) + ": ") + event.reason()))
                .toList();
    }

    /** The rings that the OS wrote, then those that it read. */
    private List<Pair> pairs(ManagedOs os, OsRegionObject region, Collection<ManagedOs> all, long now) {
        List<Pair> written = new ArrayList<>();
        List<Pair> read = new ArrayList<>();
        for (ManagedOs peer : MachineMemory.peersWithRegion(os, all)) {
            OsRegionObject peerRegion = peer.region;
            RingPlace to = table.ring(os.id(), peer.id());
            RingPlace from = table.ring(peer.id(), os.id());
            if (peerRegion != null && to != null && from != null) {
                // The rings are as old as the younger of the two.
                long begin = Math.max(table.startedAt(os.id()), table.startedAt(peer.id()));
                written.add(new Pair(region.view(), peerRegion.view(), to,
                        new RingImage.Subject(os.name(), peer.name(), begin, now + COPY_NS)));
                read.add(new Pair(peerRegion.view(), region.view(), from,
                        new RingImage.Subject(peer.name(), os.name(), begin, now + COPY_NS)));
            }
        }
        written.addAll(read);
        return written;
    }

    private static List<RingImage> take(List<Pair> pairs, @Nullable NativeBuffer copy) {
        List<RingImage> images = new ArrayList<>();
        if (copy != null) {
            ByteBuffer room = copy.buffer();
            int share = MAX_BYTES / pairs.size() & -RecordDescriptor.ALIGNMENT;
            for (Pair pair : pairs) {
                room.limit(room.position() + share);
                images.add(RingImage.take(pair.subject(), pair.from(), pair.to(), pair.place(), room));
            }
        }
        return images;
    }

    private static Postmortem.@Nullable Panic panic(OsRegion region) {
        return region.panicked() ? new Postmortem.Panic(region.panicCode(), region.panicAt(),
                region.panicText().replaceAll("\\p{Cntrl}", "?")) : null;
    }

    private long clockOffset() {
        Instant wall = Instant.now();
        return TimeUnit.SECONDS.toNanos(wall.getEpochSecond()) + wall.getNano() - clock.getAsLong();
    }

    /**
     * Answers a request of {@link PostmortemTransfer}.
     *
     * @throws NoSuchElementException if nothing is kept of this OS
     */
    Map<String, Object> answer(ManagedOs os, Collection<ManagedOs> all, EventLog log, Map<String, Object> request) {
        boolean goesOn = request.containsKey("ring");
        if (!goesOn && Boolean.TRUE.equals(request.get("now"))) {
            return PostmortemTransfer.describe(now(os, all, log));
        }
        if (goesOn && living != null && living.postmortem().os().equals(os.name())
                && request.get("failed_at") instanceof Number at && at.longValue() == living.postmortem().failedAt()) {
            return PostmortemTransfer.answer(living.postmortem(), request);
        }
        Kept found = kept.get(os.name());
        if (found == null) {
            throw new NoSuchElementException("os=" + os.name() + " has not failed since the nanokernel began; "
                    + "with --now you get what its rings hold now, also after its router died");
        }
        return PostmortemTransfer.answer(found.postmortem(), request);
    }

    @Override
    public void close() {
        if (living != null) {
            living.close();
            living = null;
        }
        kept.values().forEach(Kept::close);
        kept.clear();
    }
}
