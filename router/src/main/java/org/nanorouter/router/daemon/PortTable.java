// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.config.Mac;
import org.nanorouter.nanokernel.journal.LogFields;
import org.nanorouter.router.config.PortConfig;
import org.nanorouter.router.config.PortConfig.ChannelConfig;
import org.nanorouter.router.config.PortConfig.PcapNicConfig;
import org.nanorouter.router.config.PortConfig.SocketNicConfig;
import org.nanorouter.router.config.PortConfig.TapConfig;
import org.nanorouter.router.config.SessionPolicy;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.forward.bridge.Fdb;
import org.nanorouter.router.loop.EngineLoop;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.channel.ChannelPort;
import org.nanorouter.router.port.tap.TapPort;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The ports in service, each with the configuration that it was made from. On the data loop. */
final class PortTable {
    private static final Logger LOG = LoggerFactory.getLogger(PortTable.class);
    /** Pumps that may pass until what a gone peer left behind is delivered. */
    private static final int MAX_LAST_PUMPS = 64;

    private final EngineLoop engineLoop;
    private final PeerSessions sessions;
    private final Succession succession;
    /** By name, which is unique. Not by configuration: to hash a record costs the first start of a port 30 ms. */
    private final Map<String, Configured> configured = new LinkedHashMap<>();
    private final Map<Channel, @Nullable ChannelPort> channels = new LinkedHashMap<>();
    private List<ChannelConfig> channelConfigs = List.of();
    private byte @Nullable [] mac;
    private boolean announcing;

    private record Configured(PortConfig config, Port port) {
    }

    PortTable(EngineLoop engineLoop, PeerSessions sessions, Succession succession) {
        this.engineLoop = engineLoop;
        this.sessions = sessions;
        this.succession = succession;
    }

    /** The Ethernet address of TAPs that have none in the configuration. */
    void setMac(byte @Nullable [] ownMac) {
        mac = ownMac;
    }

    /**
     * Makes the table follow a configuration: removes ports that are not in it, then makes those that are missing.
     *
     * @return what was done, one line each
     * @throws StartException if a port cannot be made; those made before stay
     */
    List<String> apply(List<PortConfig> wanted) throws StartException {
        List<String> done = new ArrayList<>();
        for (Configured present : List.copyOf(configured.values())) {
            PortConfig config = present.config();
            if (!wanted.contains(config)) {
                if (config instanceof TapConfig tap) {
                    succession.closing(tap);
                }
                configured.remove(config.name());
                discard(present.port());
                done.add("removed port " + config.name());
            }
        }
        applyChannels(wanted, done);
        sessions.at(wanted.stream().filter(TapConfig.class::isInstance).map(TapConfig.class::cast)
            .map(TapConfig::device).toList());
        for (PortConfig config : wanted) {
            if (!configured.containsKey(config.name()) && !(config instanceof ChannelConfig)) {
                Port port = add(open(config));
                configured.put(config.name(), new Configured(config, port));
                if (config instanceof TapConfig tap) {
                    pin(tap.mac() == null ? mac : tap.mac().bytes(), port);
                    succession.opened(tap, port.readinessDescriptor());
                }
                succession.inService(port);
                done.add("added port " + config.name());
            }
        }
        if (announcing) {
            announce();
        }
        return done;
    }

    /** Frames can flow: the neighbours are told the addresses of every TAP, and of those that are added later. */
    void announce() {
        announcing = true;
        for (Configured present : configured.values()) {
            if (present.port() instanceof TapPort tap) {
                tap.announce();
            }
        }
    }

    private void applyChannels(List<PortConfig> wanted, List<String> done) {
        List<ChannelConfig> before = channelConfigs;
        channelConfigs =
            wanted.stream().filter(ChannelConfig.class::isInstance).map(ChannelConfig.class::cast).toList();
        if (channelConfigs.equals(before)) {
            return;
        }
        for (Channel channel : List.copyOf(channels.keySet())) {
            deliverRest();
            discard(channels.remove(channel));
            addChannel(channel);
            done.add("made the port to " + channel.peerName() + " anew");
        }
    }

    private Port open(PortConfig config) throws StartException {
        if (config instanceof TapConfig tap) {
            return PortOpener.open(tap, mac, succession.inherit(tap));
        } else if (config instanceof SocketNicConfig nic) {
            return PortOpener.open(nic);
        } else if (config instanceof PcapNicConfig nic) {
            return PortOpener.open(nic);
        }
        throw new IllegalArgumentException("config=" + config);
    }

    private Port add(Port port) throws StartException {
        if (engineLoop.add(port) < 0) {
            port.close();
            throw new StartException(StartException.Kind.CANNOT_CREATE, "port " + port.name() + ": there are "
                + Engine.MAX_PORTS + " ports already", null);
        }
        LogFields.with(() -> LOG.info("port {} is {}", port.name(), port.state().label()),
            LogFields.PORT, port.name(), LogFields.STATE, port.state().label());
        return port;
    }

    /**
     * Holds an address to a port as long as the port is there. The addresses of OSes come from the nanokernel, so that
     * no peer can take another's; what else is behind a port is learned.
     */
    private void pin(byte @Nullable [] address, Port port) {
        if (address == null) {
            return;
        }
        long value = 0;
        for (byte each : address) {
            value = value << Byte.SIZE | each & 0xFF;
        }
        Engine engine = engineLoop.engine();
        int index = engine.indexOf(port);
        long nowMs = TimeUnit.NANOSECONDS.toMillis(System.nanoTime());
        Fdb fdb = engine.bridge().fdb();
        if (value == 0 || fdb.isPinnedElsewhere(value, index)) {
            warnNotHeld(address, port, "it is no address, or another port's");
        } else if (!fdb.pin(value, Fdb.NO_VLAN, index, nowMs)) {
            warnNotHeld(address, port, "the table of addresses is full");
        }
    }

    private static void warnNotHeld(byte[] address, Port port, String reason) {
        LogFields.with(
            () -> LOG.warn("address {} is not held to port {}: {}", new Mac(address), port.name(), reason),
            LogFields.PORT, port.name(), LogFields.REASON, reason);
    }

    /** A peer has come. */
    void addChannel(Channel channel) {
        ChannelConfig config = configFor(channel.peerName());
        channels.put(channel, null);
        if (config == null) {
            LogFields.with(() -> LOG.info("no port is configured for peer {}", channel.peerName()),
                LogFields.PEER, channel.peerName());
            return;
        }
        String name = config.isForEveryPeer() ? config.name() + ":" + channel.peerName() : config.name();
        try {
            ChannelPort port = new ChannelPort(name, channel, config.onFull());
            add(port);
            channels.put(channel, port);
            pin(channel.peerMac(), port);
            succession.inService(port);
        } catch (StartException e) {
            LogFields.with(() -> LOG.error("peer {} gets no port: {}", channel.peerName(), e.getMessage()),
                LogFields.PEER, channel.peerName(), LogFields.PORT, name, LogFields.REASON, e.getMessage());
        }
    }

    private @Nullable ChannelConfig configFor(String peer) {
        ChannelConfig found = null;
        for (ChannelConfig config : channelConfigs) {
            if (config.peer().equals(peer)) {
                return config;
            }
            if (config.isForEveryPeer()) {
                found = config;
            }
        }
        return found;
    }

    /** The epoch of a peer has ended: what it sent is still delivered, what it did not take is counted. */
    void endChannel(Channel channel) {
        ChannelPort port = channels.remove(channel);
        if (port != null) {
            deliverRest();
            port.countLosses();
            discard(port);
            LogFields.with(
                () -> LOG.info("port {} is gone with epoch {} of its peer", port.name(), channel.peerEpoch()),
                LogFields.PORT, port.name(), LogFields.PEER, channel.peerName());
        }
        ChannelConfig config = configFor(channel.peerName());
        if (config != null && config.sessions() == SessionPolicy.RESET) {
            sessions.end(channel.peerName(), channel.peerMac());
        }
    }

    private void deliverRest() {
        int pumps = 0;
        while (pumps < MAX_LAST_PUMPS && engineLoop.engine().pump()) {
            pumps++;
        }
    }

    private void discard(@Nullable Port port) {
        if (port != null) {
            engineLoop.remove(port);
            port.close();
        }
    }

    /**
     * Reports each port that has just been quarantined, once. What was learned behind it is forgotten, and its
     * doorbell, which the peer could ring without end, wakes nobody any more.
     */
    void noticeQuarantines(Consumer<Channel> onLie) {
        for (ChannelPort port : channels.values()) {
            if (port != null && port.state() == PortState.QUARANTINED && port.noticeQuarantine()) {
                String peer = port.channel().peerName();
                String reason = String.valueOf(port.channel().quarantineReason());
                LogFields.with(
                    () -> LOG.warn("port {} is quarantined until the next epoch of peer {}: {}", port.name(), peer,
                        reason),
                    LogFields.PORT, port.name(), LogFields.PEER, peer, LogFields.STATE, port.state().label(),
                    LogFields.REASON, reason);
                onLie.accept(port.channel());
                engineLoop.unwatch(port);
                Engine engine = engineLoop.engine();
                engine.bridge().fdb().removePort(engine.indexOf(port));
                // Its own address stays its own: nobody is to take its place meanwhile.
                pin(port.channel().peerMac(), port);
            }
        }
    }

    /** Looks into the rings though no doorbell rang: one that was lost costs no more time than until here. */
    void lookAgain() {
        engineLoop.pump();
    }

    /** Makes the queues of the TAPs fit what comes from them. */
    void limitQueues(long now) {
        for (Configured present : configured.values()) {
            if (present.port() instanceof TapPort tap) {
                tap.limitQueue(now);
            }
        }
    }

    /** Takes all ports out of service and closes them. */
    void close() {
        for (Channel channel : List.copyOf(channels.keySet())) {
            discard(channels.remove(channel));
        }
        configured.values().forEach(present -> discard(present.port()));
        configured.clear();
    }
}
