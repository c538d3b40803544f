// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.memory.ManagementRegion;
import org.nanorouter.nanokernel.memory.OsRegionObject;
import org.nanorouter.nanokernel.memory.RingPlace;

/** The channels between OSes as the command line shows them. The keys are stable. */
final class ChannelReport {
    private ChannelReport() {
    }

    /**
     * Each ring that the configuration has: {@code from}, {@code to}, {@code state} (open, closed, quarantined),
     * {@code capacity} in bytes, and {@code used}, null where the cursors mean nothing.
     */
    static List<Map<String, @Nullable Object>> all(Collection<ManagedOs> oses, ManagementRegion table,
            Lookout lookout) {
        List<Map<String, @Nullable Object>> rings = new ArrayList<>();
        for (ManagedOs producer : oses) {
            for (ManagedOs consumer : oses) {
                if (producer.config.peers().contains(consumer.name())) {
                    rings.add(ring(producer, consumer, table.ring(producer.id(), consumer.id()), lookout));
                }
            }
        }
        return rings;
    }

    private static Map<String, @Nullable Object> ring(ManagedOs producer, ManagedOs consumer,
            @Nullable RingPlace place, Lookout lookout) {
        OsRegionObject from = producer.region;
        OsRegionObject to = consumer.region;
        boolean open = place != null && from != null && to != null && producer.isReady() && consumer.isReady()
                && from.view().peerEpoch(consumer.id()) == to.view().epoch()
                && to.view().peerEpoch(producer.id()) == from.view().epoch();
        boolean quarantined = lookout.isQuarantined(producer, consumer) || lookout.isQuarantined(consumer, producer);
        Map<String, @Nullable Object> ring = new LinkedHashMap<>();
        ring.put("from", producer.name());
        ring.put("to", consumer.name());
        ring.put("state", quarantined ? "quarantined" : open ? "open" : "closed");
        ring.put("capacity", place == null ? null : place.capacity());
        Long used = null;
        if (open && place != null && from != null && to != null) {
            // Words of two OSes, read one after the other while both go on: what no ring can hold is not shown.
            long waiting = from.view().tailTo(consumer.id()) - to.view().headFrom(producer.id());
            used = waiting >= 0 && waiting <= place.capacity() ? waiting : null;
        }
        ring.put("used", used);
        return ring;
    }
}
