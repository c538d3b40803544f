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
import org.nanorouter.router.standby.Reclaim;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.ShimException;

/** Makes the ports that stand in the configuration; those at channels are made as peers come. */
final class PortOpener {
    private static final long NANOS_PER_MS = 1_000_000;

    private PortOpener() {
    }

    /**
     * Opens a TAP, or takes it over.
     *
     * @param mac that of this OS, for a TAP without one of its own
     * @param inherited descriptor of the TAP from the router before this one, or -1
     */
    static TapPort open(TapConfig config, byte @Nullable [] mac, int inherited) throws StartException {
        Mac own = config.mac();
        TapDevice.Settings settings = new TapDevice.Settings(config.device(), own == null ? mac : own.bytes(),
            config.mtu(), config.addresses(), config.persistent(), config.offload());
        try {
            // Busy as long as the router before this one is ending, or a standby holds on to what it is to let go of.
            return new TapPort(config.name(), inherited >= 0 ? TapDevice.adopt(inherited, settings)
                : Reclaim.ask(() -> TapDevice.open(settings), PortOpener::isBusy));
        } catch (IOException e) {
            throw StartException.ofPort(config.name(), e);
        }
    }

    private static boolean isBusy(IOException failure) {
        return failure instanceof ShimException refused && refused.errno() == Errno.EBUSY;
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
