// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.config;

import java.nio.file.Path;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.config.Mac;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.nic.PcapOptions;

/** One {@code [[port]]} table. */
public sealed interface PortConfig {
    /** Unique among the ports. */
    String name();

    /**
     * A TAP device.
     *
     * @param device name of the interface
     * @param mac its Ethernet address; null: that of this OS, or the kernel's choice if not attached
     * @param mtu longest IP packet
     * @param addresses with prefix length
     * @param persistent whether the interface outlives the router
     * @param offload whether large segments and unfinished checksums are taken from the kernel
     */
    record TapConfig(String name, String device, @Nullable Mac mac, int mtu, List<String> addresses,
            boolean persistent, boolean offload) implements PortConfig {
    }

    /**
     * The channels to peers of this OS, a port each.
     *
     * @param peer name of one, or {@link #EVERY_PEER}
     * @param onFull what becomes of frames for a ring without room
     * @param sessions what becomes of TCP sessions with a peer when its epoch ends
     */
    record ChannelConfig(String name, String peer, OnFull onFull, SessionPolicy sessions) implements PortConfig {
        /** {@link #peer} of a table that is for every peer which has no table of its own. */
        public static final String EVERY_PEER = "*";

        public boolean isForEveryPeer() {
            return peer.equals(EVERY_PEER);
        }
    }

    /**
     * An emulated NIC on unix datagram sockets.
     *
     * @param local path to receive at
     * @param remote path to send to
     * @param mtu longest IP packet
     */
    record SocketNicConfig(String name, Path local, Path remote, int mtu) implements PortConfig {
    }

    /**
     * An emulated NIC on capture files.
     *
     * @param options files and pace
     * @param mtu longest IP packet
     */
    record PcapNicConfig(String name, PcapOptions options, int mtu) implements PortConfig {
    }
}
