// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.config.Mac;
import org.nanorouter.router.config.PortConfig.PcapNicConfig;
import org.nanorouter.router.config.PortConfig.SocketNicConfig;
import org.nanorouter.router.config.PortConfig.TapConfig;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.nic.NicPort;
import org.nanorouter.router.port.tap.TapDevice;
import org.nanorouter.router.port.tap.TapPort;

/** Makes the ports that stand in the configuration; those at channels are made as peers come. */
final class PortOpener {
    private static final long NANOS_PER_MS = 1_000_000;

    private PortOpener() {
    }

    /** {@code mac} is that of this OS, for a TAP without one of its own. */
    static Port open(TapConfig config, byte @Nullable [] mac) throws StartException {
        Mac own = config.mac();
        try {
            return new TapPort(config.name(), TapDevice.open(new TapDevice.Settings(config.device(),
                own == null ? mac : own.bytes(), config.mtu(), config.addresses(), config.persistent(),
                config.offload())));
        } catch (IOException e) {
            throw StartException.ofPort(config.name(), e);
        }
    }

    static Port open(SocketNicConfig config) throws StartException {
        try {
            return NicPort.onSocket(config.name(), config.local(), config.remote(), config.mtu());
        } catch (IOException e) {
            throw StartException.ofPort(config.name(), e);
        }
    }

    static Port open(PcapNicConfig config) throws StartException {
        try {
            long wallOffset = System.currentTimeMillis() * NANOS_PER_MS - System.nanoTime();
            return NicPort.onPcap(config.name(), config.options(), wallOffset, config.mtu());
        } catch (IOException e) {
            throw StartException.ofPort(config.name(), e);
        }
    }
}
