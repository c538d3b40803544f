// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;

/** Turns the tables of {@code machine.toml} into a {@link MachineConfig}. */
final class MachineReader {
    private static final Pattern NAME = Pattern.compile("[a-z0-9-]{1,31}");
    private static final String NAME_EXPECTED = "1 to 31 letters a-z, digits or hyphens";
    private static final Pattern VARIABLE = Pattern.compile("[A-Za-z_][A-Za-z0-9_]*");
    private static final int MAX_OS = AbiDescriptor.MAX_OS;
    private static final int MAX_RING = AbiDescriptor.MAX_RING_CAPACITY;
    private static final long MAX_REGION = AbiDescriptor.MAX_REGION_LENGTH;
    private static final long DEFAULT_SHARED = 64L << 20;
    /** As many as nk-cell takes. */
    private static final int MAX_SERVICES = 16;
    private static final long UID_RANGE = 65_536;
    private static final long FIRST_UID = 100_000;
    private static final long MAX_UID_BASE = 0xFFFF_FFFFL - 2 * UID_RANGE;

    private final ConfigReader root;
    private final LimitsReader limits;
    private final DevicesReader devices = new DevicesReader();

    /**
     * Reads from a root table.
     *
     * @param processors those that there are; null if they are not known, then an OS may name any
     */
    MachineReader(ConfigReader root, @Nullable BitSet processors) {
        this.root = root;
        this.limits = new LimitsReader(processors);
    }

    MachineConfig read() throws ConfigException {
        ConfigReader machine = root.table("machine");
        String name = machine.has("name") ? name(machine, "name") : null;
        long ringSize = machine.size("ring_size", 2L << 20, AbiDescriptor.MIN_RING_CAPACITY, MAX_RING);
        if (Long.bitCount(ringSize) != 1) {
            machine.mistake("ring_size", "'machine.ring_size' is not a power of two",
                    "a power of two from 256 KiB to 64 MiB");
            ringSize = MAX_RING;
        }
        ConfigReader heartbeat = machine.table("heartbeat");
        Duration period = heartbeat.duration("period", Duration.ofMillis(100), Duration.ofMillis(10),
                Duration.ofSeconds(60));
        Duration deadline = heartbeat.duration("deadline", Duration.ofMillis(500), Duration.ofMillis(20),
                Duration.ofMinutes(10));
        if (deadline.compareTo(period.multipliedBy(2)) < 0) {
            heartbeat.mistake("deadline", "'machine.heartbeat.deadline' is less than twice the period",
                    "at least " + period.multipliedBy(2).toMillis() + " ms");
        }
        Duration stallDeadline = machine.duration("stall_deadline", Duration.ofSeconds(2), Duration.ofMillis(20),
                Duration.ofMinutes(10));
        List<OsConfig> oses = readAll(root.tables("os"), ringSize);
        root.finish();
        return new MachineConfig(name, ringSize, period, deadline, stallDeadline, oses);
    }

    private List<OsConfig> readAll(List<ConfigReader> tables, long ringSize) {
        if (tables.isEmpty()) {
            root.mistake("os", "there is no OS", "1 to " + MAX_OS + " tables [[os]]");
        } else if (tables.size() > MAX_OS) {
            tables.get(MAX_OS).mistake("name", "there are " + tables.size() + " OSes", "at most " + MAX_OS);
        }
        Map<String, ConfigReader> byName = new LinkedHashMap<>();
        List<String> names = new ArrayList<>();
        for (ConfigReader table : tables) {
            String name = name(table, "name");
            ConfigReader first = byName.putIfAbsent(name, table);
            if (first != null && !name.isEmpty()) {
                table.mistake("name", "'os.name' is \"" + name + "\", as in " + first.lineOf("name"), "another name");
            }
            names.add(name);
        }
        List<Set<String>> peers = new ArrayList<>();
        for (int i = 0; i < tables.size(); i++) {
            peers.add(namedPeers(tables.get(i), names.get(i), byName.keySet()));
        }
        joinPeers(names, peers);
        List<OsConfig> oses = new ArrayList<>();
        for (int i = 0; i < tables.size(); i++) {
            oses.add(readOs(tables.get(i), i, names.get(i), peers.get(i), ringSize));
        }
        refuseSharedMacs(tables, oses);
        refuseOverlappingUids(tables, oses);
        return List.copyOf(oses);
    }

    private static Set<String> namedPeers(ConfigReader table, String name, Set<String> all) {
        Set<String> peers = new LinkedHashSet<>(all);
        if (table.has("peers")) {
            List<String> named = table.strings("peers", List.of());
            for (int i = 0; i < named.size(); i++) {
                if (!all.contains(named.get(i)) || named.get(i).equals(name)) {
                    table.mistake("peers", i, "'os.peers' names \"" + named.get(i) + "\"", "the name of another OS");
                }
            }
            peers.retainAll(named);
        }
        peers.remove(name);
        return peers;
    }

    /** A channel needs both sides: who is left out by a peer leaves that peer out, too. */
    private static void joinPeers(List<String> names, List<Set<String>> peers) {
        Map<String, Set<String>> wanted = new HashMap<>();
        for (int i = 0; i < names.size(); i++) {
            wanted.put(names.get(i), Set.copyOf(peers.get(i)));
        }
        for (int i = 0; i < names.size(); i++) {
            String name = names.get(i);
            peers.get(i).removeIf(peer -> !wanted.get(peer).contains(name));
        }
    }

    private OsConfig readOs(ConfigReader table, int id, String name, Set<String> peers, long ringSize) {
        OsKind kind = table.choice("kind", OsKind.class, OsKind.NAMESPACE);
        if (kind == OsKind.QEMU) {
            table.mistake("kind", "'os.kind' is \"qemu\", which this version does not support yet",
                    "one of namespace, process, external");
        }
        return new OsConfig(id, name, kind, table.bool("autostart", true),
                memory(table, name, peers.size(), ringSize),
                table.size("shared_memory", DEFAULT_SHARED, 0, MAX_REGION), macOf(table, name), init(table, kind),
                services(table, kind), mounts(table, kind), env(table, kind), uidBase(table, kind, id),
                Set.copyOf(peers), limits.read(table, kind), devices.read(table, name),
                RestartReader.read(table.table("restart"), kind));
    }

    private static long memory(ConfigReader table, String name, int peers, long ringSize) {
        long needed = OsRegionDescriptor.RINGS_OFFSET + peers * ringSize;
        if (needed > MAX_REGION) {
            table.mistake("memory", "the region of \"" + name + "\" needs " + Unit.SIZE.format(needed) + " for " + peers
                    + " rings of " + Unit.SIZE.format(ringSize), "at most 1 GiB: a smaller machine.ring_size");
            return needed;
        }
        long memory = table.size("memory", needed, 1, MAX_REGION);
        if (memory < needed) {
            table.mistake("memory", "'os.memory' is " + Unit.SIZE.format(memory) + ", too small for " + peers
                    + " rings of " + Unit.SIZE.format(ringSize), "at least " + Unit.SIZE.format(needed));
        }
        return memory + AbiDescriptor.PAGE_LENGTH - 1 & -AbiDescriptor.PAGE_LENGTH;
    }

    private static Mac macOf(ConfigReader table, String name) {
        byte[] mac = table.mac("mac");
        return mac == null ? Mac.derivedFrom(name) : new Mac(mac);
    }

    private static List<String> init(ConfigReader table, OsKind kind) {
        List<String> init = table.strings("init", List.of());
        boolean empty = init.isEmpty() || init.get(0).isEmpty();
        boolean optional = kind == OsKind.NAMESPACE && table.has("services") && !table.has("init");
        if (hasInit(kind) && empty && !optional) {
            table.mistake("init", "'os.init' is " + (table.has("init") ? "empty" : "missing"),
                    "the init command, a list of strings such as [\"/bin/sh\", \"-c\", \"...\"]");
        } else if (!hasInit(kind)) {
            refuse(table, "init", "an external OS attaches by itself");
        }
        return init;
    }

    private static List<List<String>> services(ConfigReader table, OsKind kind) {
        List<List<String>> services = new ArrayList<>();
        for (ConfigReader service : table.tables("services")) {
            List<String> command = service.strings("command", List.of());
            if (command.isEmpty() || command.get(0).isEmpty()) {
                service.mistake("command", "'os.services.command' is " + (service.has("command") ? "empty" : "missing"),
                        "a command, a list of strings");
            }
            services.add(command);
        }
        if (kind != OsKind.NAMESPACE) {
            refuse(table, "services", "only a namespace cell has a process 1 that starts them anew");
        } else if (table.has("services") && (services.isEmpty() || services.size() > MAX_SERVICES)) {
            table.mistake("services", "there are " + services.size() + " services", "1 to " + MAX_SERVICES);
        }
        return List.copyOf(services);
    }

    private static boolean hasInit(OsKind kind) {
        return kind != OsKind.EXTERNAL;
    }

    private static List<Mount> mounts(ConfigReader table, OsKind kind) {
        List<Mount> mounts = new ArrayList<>();
        for (ConfigReader mount : table.tables("mounts")) {
            Path source = absolute(mount, "source", null);
            Path target = absolute(mount, "target", source);
            boolean readOnly = mount.bool("read_only", true);
            if (source != null && target != null) {
                mounts.add(new Mount(source, target, readOnly));
            }
        }
        if (kind != OsKind.NAMESPACE) {
            refuse(table, "mounts", "only a namespace cell has mounts");
        }
        return List.copyOf(mounts);
    }

    private static @Nullable Path absolute(ConfigReader mount, String key, @Nullable Path otherwise) {
        if (otherwise == null && !mount.has(key)) {
            if ("source".equals(key)) {
                mount.mistake(key, "'os.mounts.source' is missing", "an absolute path");
            }
            return null;
        }
        String text = mount.string(key, String.valueOf(otherwise));
        if (!text.startsWith("/") || text.indexOf(':') >= 0 || text.indexOf('\0') >= 0) {
            mount.mistake(key, "'os.mounts." + key + "' is \"" + text + "\"", "an absolute path without a colon");
            return null;
        }
        return Path.of(text).normalize();
    }

    private static Map<String, String> env(ConfigReader table, OsKind kind) {
        Map<String, String> env = table.stringMap("env");
        for (Map.Entry<String, String> variable : env.entrySet()) {
            if (!VARIABLE.matcher(variable.getKey()).matches() || variable.getValue().indexOf('\0') >= 0) {
                table.table("env").mistake(variable.getKey(), "'os.env' has \"" + variable.getKey() + "\"",
                        "a name of letters, digits and _, and a text");
            }
        }
        if (!hasInit(kind)) {
            refuse(table, "env", "nobody starts an external OS");
        }
        return env;
    }

    private static long uidBase(ConfigReader table, OsKind kind, int id) {
        long uidBase = table.integer("uid_base", FIRST_UID + UID_RANGE * id, UID_RANGE, MAX_UID_BASE);
        if (kind != OsKind.NAMESPACE) {
            refuse(table, "uid_base", "only a namespace cell has uids of its own");
        }
        return uidBase;
    }

    static void refuse(ConfigReader table, String key, String reason) {
        if (table.has(key)) {
            table.mistake(key, "'os." + key + "' is of no use: " + reason, "no such key for this kind");
        }
    }

    private static void refuseSharedMacs(List<ConfigReader> tables, List<OsConfig> oses) {
        Map<Mac, Integer> owners = new HashMap<>();
        for (OsConfig os : oses) {
            Integer owner = owners.putIfAbsent(os.mac(), os.id());
            if (owner != null && !os.name().equals(oses.get(owner).name())) {
                tables.get(os.id()).mistake("mac", "\"" + os.name() + "\" has the Ethernet address " + os.mac()
                        + " of \"" + oses.get(owner).name() + "\"", "an address of its own");
            }
        }
    }

    private static void refuseOverlappingUids(List<ConfigReader> tables, List<OsConfig> oses) {
        for (OsConfig os : oses) {
            for (OsConfig other : oses.subList(0, os.id())) {
                if (os.kind() == OsKind.NAMESPACE && other.kind() == OsKind.NAMESPACE
                        && Math.abs(os.uidBase() - other.uidBase()) < UID_RANGE) {
                    tables.get(os.id()).mistake("uid_base", "the uids of \"" + os.name() + "\" from " + os.uidBase()
                            + " overlap with those of \"" + other.name() + "\" from " + other.uidBase(),
                            "bases at least " + UID_RANGE + " apart");
                    break;
                }
            }
        }
    }

    private static String name(ConfigReader table, String key) {
        String name = table.requireString(key);
        if (!NAME.matcher(name).matches() && table.has(key)) {
            table.mistake(key, "'" + key + "' is \"" + name + "\"", NAME_EXPECTED);
        }
        return name;
    }
}
