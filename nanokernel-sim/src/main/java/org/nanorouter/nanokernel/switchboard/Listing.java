// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.switchboard;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.switchboard.Switchboard.SyncReport;

/** What programs have for one another, as it is told to people and to programs. */
public final class Listing {
    private final Switchboard switchboard;

    /** A listing of what there is each time that it is asked. */
    public Listing(Switchboard switchboard) {
        this.switchboard = switchboard;
    }

    /** All of it: {@code ports}, {@code memory}, {@code syncs} and {@code oses}. */
    public Map<String, Object> all() {
        Map<String, Object> all = new LinkedHashMap<>();
        all.put("ports", ports());
        all.put("memory", memory());
        all.put("syncs", syncs());
        all.put("oses", oses());
        return all;
    }

    /** {@link #all} as JSON in UTF-8. */
    byte[] text() {
        try {
            return JSON.std.asString(all()).getBytes(StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private List<Map<String, Object>> ports() {
        return switchboard.ports().stream().map(port -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("os", port.os());
            entry.put("name", port.name());
            entry.put("program", port.program());
            entry.put("capacity", port.capacity());
            entry.put("connections", port.connections());
            return entry;
        }).toList();
    }

    private List<Map<String, Object>> memory() {
        return switchboard.memories().stream().map(memory -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("os", memory.os());
            entry.put("name", memory.name());
            entry.put("length", memory.length());
            entry.put("writers", memory.allWrite() ? "all" : "owner");
            entry.put("program", memory.program());
            entry.put("epoch", memory.epoch());
            entry.put("programs", memory.programs());
            return entry;
        }).toList();
    }

    private List<Map<String, Object>> oses() {
        return switchboard.shares().stream().map(share -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("os", share.os());
            entry.put("region", share.region());
            entry.put("shared", switchboard.sharedBy(share.os()));
            entry.put("shared_limit", share.limit());
            return entry;
        }).toList();
    }

    private List<Map<String, Object>> syncs() {
        return switchboard.syncs().stream().map(sync -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", sync.name());
            entry.put("kind", sync.kind().label());
            entry.put("limit", sync.limit());
            entry.put("state", state(sync));
            entry.put("programs", sync.programs());
            return entry;
        }).toList();
    }

    private static String state(SyncReport sync) {
        int word = sync.word();
        return switch (sync.kind()) {
            case SEMAPHORE -> (word & SyncDescriptor.MAX_UNITS) + " of " + sync.limit();
            case MANUAL_EVENT, AUTO_EVENT -> (word & SyncDescriptor.EVENT_SET) == 0 ? "not set" : "set";
            case BARRIER -> (word & SyncDescriptor.BROKEN) != 0 ? "broken"
                    : (word & SyncDescriptor.MAX_PARTIES) + " of " + sync.limit() + " have come";
            case MUTEX -> (word & SyncDescriptor.HOLDER) != 0 ? "held by program " + (word & SyncDescriptor.HOLDER)
                    : (word & SyncDescriptor.DIED) != 0 ? "free, its holder died" : "free";
        };
    }
}
