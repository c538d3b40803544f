// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.config;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.ConfigReader;
import org.nanorouter.nanokernel.config.Mac;
import org.nanorouter.nanokernel.config.Prefix;
import org.nanorouter.router.config.PortConfig.ChannelConfig;
import org.nanorouter.router.config.PortConfig.PcapNicConfig;
import org.nanorouter.router.config.PortConfig.SocketNicConfig;
import org.nanorouter.router.config.PortConfig.TapConfig;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.nic.NicPort;
import org.nanorouter.router.port.nic.Pace;
import org.nanorouter.router.port.nic.PcapOptions;

/** Turns the tables of {@code router.toml} into a {@link RouterConfig}. */
final class RouterReader {
    private static final Pattern NAME = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,31}");
    private static final String NAME_EXPECTED = "1 to 32 letters, digits, dots, hyphens or underscores";
    private static final Pattern DEVICE = Pattern.compile("[A-Za-z0-9][A-Za-z0-9._-]{0,14}");
    private static final String DEVICE_EXPECTED = "1 to 15 letters, digits, dots, hyphens or underscores";
    private static final int MAX_TAP_MTU = 65_521;
    private static final int MIN_FDB_CAPACITY = 16;
    private static final int MAX_FDB_CAPACITY = 1 << 20;

    private enum NicType { DGRAM, PCAP }

    private final ConfigReader root;
    private final Map<String, String> environment;

    RouterReader(ConfigReader root, Map<String, String> environment) {
        this.root = root;
        this.environment = environment;
    }

    RouterConfig read() throws ConfigException {
        ConfigReader router = root.table("router");
        String name = router.has("name") ? matching(router, "name", NAME, NAME_EXPECTED) : null;
        ConfigReader bridge = root.table("bridge");
        Duration ageing = bridge.duration("ageing", Duration.ofMillis(Fdb.DEFAULT_AGEING_MS), Duration.ofSeconds(1),
            Duration.ofHours(24));
        int capacity = bridge.integer("capacity", Fdb.DEFAULT_CAPACITY, MIN_FDB_CAPACITY, MAX_FDB_CAPACITY);
        // One port that makes addresses up must leave room for those behind the others.
        int portLimit = bridge.integer("port_limit", Math.max(MIN_FDB_CAPACITY, capacity / 4), 1, capacity);
        RouterConfig.Bridging bridging = new RouterConfig.Bridging(ageing, capacity, portLimit);
        List<PortConfig> ports = ports();
        RouterConfig.Attach attach = attach(ports);
        Path control = control();
        root.finish();
        return new RouterConfig(name, bridging, attach, control, ports);
    }

    private RouterConfig.@Nullable Attach attach(List<PortConfig> ports) {
        boolean wanted = root.has("attach") || ports.stream().anyMatch(ChannelConfig.class::isInstance)
            || environment.get(RouterConfig.ATTACH_VARIABLE) != null;
        ConfigReader attach = root.table("attach");
        Path socket = path(attach, "socket", RouterConfig.ATTACH_VARIABLE, wanted);
        Path token = path(attach, "token_file", RouterConfig.TOKEN_FILE_VARIABLE, wanted);
        String os = attach.string("os", environment.getOrDefault(RouterConfig.OS_VARIABLE, ""));
        if (wanted && os.isEmpty()) {
            missing(attach, "os", RouterConfig.OS_VARIABLE);
        }
        return socket == null || token == null || os.isEmpty() ? null : new RouterConfig.Attach(socket, os, token);
    }

    private @Nullable Path path(ConfigReader table, String key, String variable, boolean required) {
        String otherwise = environment.get(variable);
        Path path = table.path(key, otherwise == null || otherwise.isEmpty() ? null : Path.of(otherwise));
        if (path == null && required && !table.has(key)) {
            missing(table, key, variable);
        }
        return path;
    }

    private static void missing(ConfigReader table, String key, String variable) {
        table.mistake(key, "'attach." + key + "' is missing, and so is the environment variable " + variable,
            "one of the two, since this router has channels");
    }

    private Path control() {
        String run = environment.get(RouterConfig.RUN_VARIABLE);
        ConfigReader table = root.table("control");
        Path path = table.path("socket", run == null || run.isEmpty() ? null : Path.of(run, "router.sock"));
        if (path == null && !table.has("socket")) {
            table.mistake("socket", "'control.socket' is missing, and so is the environment variable "
                + RouterConfig.RUN_VARIABLE, "one of the two");
        }
        return path == null ? Path.of("") : path;
    }

    private List<PortConfig> ports() {
        List<ConfigReader> tables = root.tables("port");
        if (tables.isEmpty()) {
            root.mistake("port", "there is no port", "1 to " + Engine.MAX_PORTS + " tables [[port]]");
        } else if (tables.size() > Engine.MAX_PORTS) {
            tables.get(Engine.MAX_PORTS).mistake("name", "there are " + tables.size() + " ports",
                "at most " + Engine.MAX_PORTS);
        }
        Map<String, ConfigReader> names = new HashMap<>();
        Map<String, ConfigReader> devices = new HashMap<>();
        Map<String, ConfigReader> peers = new HashMap<>();
        List<PortConfig> ports = new ArrayList<>();
        for (ConfigReader table : tables) {
            String name = matching(table, "name", NAME, NAME_EXPECTED);
            unique(table, "name", name, names);
            if (!table.has("kind")) {
                table.mistake("kind", "'port.kind' is missing", "one of tap, channel, nic");
            }
            PortConfig port = switch (table.choice("kind", PortKind.class, PortKind.TAP)) {
                case TAP -> tap(table, name);
                case CHANNEL -> channel(table, name);
                case NIC -> nic(table, name);
            };
            if (port instanceof TapConfig tap) {
                unique(table, "device", tap.device(), devices);
            } else if (port instanceof ChannelConfig channel) {
                unique(table, "peer", channel.peer(), peers);
            }
            if (port != null) {
                ports.add(port);
            }
        }
        return List.copyOf(ports);
    }

    private TapConfig tap(ConfigReader table, String name) {
        String device = table.has("device") ? matching(table, "device", DEVICE, DEVICE_EXPECTED) : name;
        if (!table.has("device") && !name.isEmpty() && !DEVICE.matcher(name).matches()) {
            table.mistake("name", "'port.name' is \"" + name + "\", and 'port.device' is missing", DEVICE_EXPECTED);
        }
        byte[] mac = table.mac("mac");
        return new TapConfig(name, device, mac == null ? null : new Mac(mac),
            table.integer("mtu", NicPort.DEFAULT_MTU, NicPort.MIN_MTU, MAX_TAP_MTU),
            table.prefixes("addresses").stream().map(Prefix::toString).toList(),
            table.bool("persistent", false), table.bool("offload", true));
    }

    private static ChannelConfig channel(ConfigReader table, String name) {
        return new ChannelConfig(name, peer(table), table.choice("on_full", OnFull.class, OnFull.WAIT),
            table.choice("sessions", SessionPolicy.class, SessionPolicy.RESET));
    }

    private static String peer(ConfigReader table) {
        String peer = table.string("peer", ChannelConfig.EVERY_PEER);
        if (!peer.equals(ChannelConfig.EVERY_PEER) && !peer.matches("[a-z0-9-]{1,31}")) {
            table.mistake("peer", "'port.peer' is \"" + peer + "\"", "the name of an OS, or \"*\" for every peer");
        }
        return peer;
    }

    private @Nullable PortConfig nic(ConfigReader table, String name) {
        int mtu = table.integer("mtu", NicPort.DEFAULT_MTU, NicPort.MIN_MTU, NicPort.MAX_MTU);
        if (!table.has("type")) {
            table.mistake("type", "'port.type' is missing", "one of dgram, pcap");
        }
        return switch (table.choice("type", NicType.class, NicType.DGRAM)) {
            case DGRAM -> socketNic(table, name, mtu);
            case PCAP -> pcapNic(table, name, mtu);
        };
    }

    private static @Nullable PortConfig socketNic(ConfigReader table, String name, int mtu) {
        Path local = required(table, "local");
        Path remote = required(table, "remote");
        if (local != null && local.equals(remote)) {
            table.mistake("remote", "'port.remote' is the same path as 'port.local'", "another one");
        }
        return local == null || remote == null ? null : new SocketNicConfig(name, local, remote, mtu);
    }

    private static @Nullable PortConfig pcapNic(ConfigReader table, String name, int mtu) {
        Path replay = table.path("replay", null);
        Path record = table.path("record", null);
        Pace pace = table.choice("pace", Pace.class, Pace.TIMESTAMPS);
        boolean nanoseconds = table.bool("nanoseconds", true);
        try {
            return new PcapNicConfig(name, new PcapOptions(replay, record, pace, nanoseconds), mtu);
        } catch (IllegalArgumentException e) {
            table.mistake("replay", e.getMessage(), "'replay', 'record' or both, two different files");
            return null;
        }
    }

    private static @Nullable Path required(ConfigReader table, String key) {
        if (!table.has(key)) {
            table.mistake(key, "'port." + key + "' is missing", "a path");
        }
        return table.path(key, null);
    }

    private static String matching(ConfigReader table, String key, Pattern pattern, String expected) {
        String text = table.requireString(key);
        if (table.has(key) && !pattern.matcher(text).matches()) {
            table.mistake(key, "'" + key + "' is \"" + text + "\"", expected);
        }
        return text;
    }

    private static void unique(ConfigReader table, String key, String value, Map<String, ConfigReader> seen) {
        ConfigReader first = seen.putIfAbsent(value, table);
        if (first != null && !value.isEmpty()) {
            table.mistake(key, "'port." + key + "' is \"" + value + "\", as in the port at " + first.lineOf(key),
                "another one");
        }
    }
}
