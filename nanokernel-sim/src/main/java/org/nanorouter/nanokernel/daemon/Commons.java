// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nanorouter.nanokernel.abi.SyncDescriptor;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.config.ConfigReader;
import org.nanorouter.nanokernel.supervise.Machine;
import org.nanorouter.nanokernel.switchboard.Switchboard.SyncReport;

/** Answers about what programs have for one another. On the machine's thread. */
final class Commons {

    private Commons() {
    }

    static Map<String, Object> ports(Machine machine) {
        return Map.of("ports", machine.switchboard().ports().stream().map(port -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("os", port.os());
            entry.put("name", port.name());
            entry.put("program", port.program());
            entry.put("capacity", port.capacity());
            entry.put("connections", port.connections());
            return entry;
        }).toList());
    }

    /** The memory of programs, and for each OS what it has of what it may have. */
    static Map<String, Object> memory(Machine machine) {
        List<Map<String, Object>> memories = machine.switchboard().memories().stream().map(memory -> {
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
        List<Map<String, Object>> oses = machine.list().stream().map(os -> {
            String name = String.valueOf(os.get("name"));
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("os", name);
            entry.put("region", machine.show(name).getOrDefault("memory_bytes", 0));
            entry.put("shared", machine.switchboard().sharedBy(name));
            entry.put("shared_limit", machine.switchboard().shareableBy(name));
            return entry;
        }).toList();
        return Map.of("memory", memories, "oses", oses);
    }

    static Map<String, Object> syncs(Machine machine) {
        return Map.of("syncs", machine.switchboard().syncs().stream().map(sync -> {
            Map<String, Object> entry = new LinkedHashMap<>();
            entry.put("name", sync.name());
            entry.put("kind", ConfigReader.label(sync.kind()));
            entry.put("limit", sync.limit());
            entry.put("state", state(sync));
            entry.put("waited_for", sync.kind() != SyncKind.BARRIER && sync.word() < 0);
            entry.put("programs", sync.programs());
            return entry;
        }).toList());
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
