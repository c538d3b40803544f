// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

import java.io.EOFException;
import java.io.IOException;
import java.nio.file.Path;
import java.sql.Timestamp;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;
import org.pcap4j.core.NotOpenException;
import org.pcap4j.core.PcapHandle;
import org.pcap4j.core.PcapNativeException;
import org.pcap4j.core.Pcaps;
import org.pcap4j.packet.namednumber.DataLinkType;

/**
 * Reads the frames of a capture file, in the classic formats or pcapng, through libpcap. The only class that does.
 */
final class PcapReplay implements AutoCloseable {
    private static final long NANOS_PER_SECOND = 1_000_000_000L;
    private static final long MILLIS_PER_SECOND = 1_000;

    private final PcapHandle handle;
    private long timestamp;

    private PcapReplay(PcapHandle handle) {
        this.handle = handle;
    }

    /**
     * Opens a file.
     *
     * @throws IOException if it cannot be read, is no capture file, or one of another link than Ethernet
     */
    static PcapReplay open(Path file) throws IOException {
        PcapHandle handle;
        try {
            handle = Pcaps.openOffline(file.toString(), PcapHandle.TimestampPrecision.NANO);
        } catch (PcapNativeException e) {
            throw new IOException("cannot replay " + file + ": " + e.getMessage(), e);
        } catch (LinkageError e) {
            throw new IOException("cannot replay " + file + ": libpcap is not installed", e);
        }
        if (!handle.getDlt().equals(DataLinkType.EN10MB)) {
            String found = handle.getDlt().name();
            handle.close();
            throw new IOException("cannot replay " + file + ": link type is " + found + "; expected Ethernet");
        }
        return new PcapReplay(handle);
    }

    /** The next frame, or null at the file's end. */
    byte @Nullable [] next() throws IOException {
        try {
            byte[] frame = handle.getNextRawPacketEx();
            Timestamp time = handle.getTimestamp();
            timestamp = Math.floorDiv(time.getTime(), MILLIS_PER_SECOND) * NANOS_PER_SECOND + time.getNanos();
            return frame;
        } catch (EOFException e) {
            return null;
        } catch (PcapNativeException | TimeoutException | NotOpenException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    /** Time of the frame that {@link #next} gave, in nanoseconds since 1970. */
    long timestamp() {
        return timestamp;
    }

    @Override
    public void close() {
        handle.close();
    }
}
