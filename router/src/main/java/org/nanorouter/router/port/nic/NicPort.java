package org.nanorouter.router.port.nic;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.frame.EthernetFrame;
import org.nanorouter.router.frame.FrameFault;
import org.nanorouter.router.frame.InternetHeader;
import org.nanorouter.router.frame.Segmenter;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;
import org.nanorouter.shim.Errno;

/**
 * An emulated network card on a wire; see the package. Owns the wire and its slots.
 */
public final class NicPort implements Port {
    /** Least MTU: IPv4's. */
    public static final int MIN_MTU = 68;
    /** Greatest MTU: the longest frame less what an MTU does not count. */
    public static final int MAX_MTU = 65_535;
    public static final int DEFAULT_MTU = 1500;

    /** What a frame has beyond its MTU: the Ethernet header and two VLAN tags. */
    private static final int OVERHEAD =
            EthernetFrame.HEADER_LENGTH + EthernetFrame.MAX_TAGS * EthernetFrame.TAG_LENGTH;
    private static final int TRANSMIT_SLOTS = 128;
    /** Tables full of bad frames that are thrown away in one call. */
    private static final int MAX_BAD_TABLES = 4;

    private final String name;
    private final int mtu;
    private final Wire wire;
    private final FrameSlots incoming;
    private final FrameSlots outgoing;
    private final Segmenter segmenter;
    private final InternetHeader internet = new InternetHeader();
    private final PortCounters counters = new PortCounters();
    private boolean callAgain;

    /** The frames taken since the last flush, by their number in the batch, and why one of them failed. */
    private final int[] taken = new int[FrameBatch.MAX_FRAMES];
    private final @Nullable Drop[] failures = new @Nullable Drop[FrameBatch.MAX_FRAMES];
    private int takenCount;
    /** For each filled transmit slot, the place in {@link #taken} of the frame of which it is a segment. */
    private final int[] owners = new int[TRANSMIT_SLOTS];
    private int filled;

    private NicPort(String name, Wire wire, int mtu) {
        if (mtu < MIN_MTU || mtu > MAX_MTU) {
            throw new IllegalArgumentException("mtu=" + mtu + "; expected " + MIN_MTU + " to " + MAX_MTU);
        }
        this.name = name;
        this.wire = wire;
        this.mtu = mtu;
        int maxFrame = Math.max(EthernetFrame.MINIMUM_LENGTH, mtu + OVERHEAD);
        incoming = new FrameSlots(FrameBatch.MAX_FRAMES, maxFrame);
        outgoing = new FrameSlots(TRANSMIT_SLOTS, maxFrame);
        segmenter = new Segmenter(EthernetFrame.MINIMUM_LENGTH, maxFrame);
    }

    /**
     * A card on unix datagram sockets.
     *
     * @param local path to receive at; made, and removed at the end
     * @param remote path to send to; nobody need be there yet
     * @throws IOException if somebody receives at {@code local} already, or it cannot be made
     */
    public static NicPort onSocket(String name, Path local, Path remote, int mtu) throws IOException {
        return on(name, SocketWire.open(local, remote), mtu);
    }

    /**
     * A card on capture files.
     *
     * @param wallOffset nanoseconds since 1970 less the loop's time
     */
    public static NicPort onPcap(String name, PcapOptions options, long wallOffset, int mtu) throws IOException {
        return on(name, PcapWire.open(options, wallOffset), mtu);
    }

    /** A card on one end of a cable within this process. */
    public static NicPort onPair(String name, PairWire end, int mtu) {
        return on(name, end, mtu);
    }

    private static NicPort on(String name, Wire wire, int mtu) {
        try {
            return new NicPort(name, wire, mtu);
        } catch (IllegalArgumentException e) {
            wire.close();
            throw e;
        }
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PortKind kind() {
        return PortKind.NIC;
    }

    @Override
    public PortState state() {
        return wire.state();
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public int readinessDescriptor() {
        return wire.readinessDescriptor();
    }

    @Override
    public long nextReceiveAt() {
        return callAgain ? Long.MIN_VALUE : wire.nextReceiveAt();
    }

    @Override
    public int receive(FrameBatch batch, Space space, long now) {
        callAgain = false;
        batch.begin(incoming.memory(), incoming.address());
        for (int round = 0; round < MAX_BAD_TABLES; round++) {
            int received = wire.receive(incoming, now);
            for (int i = 0; i < received; i++) {
                present(batch, i, incoming.result(i));
            }
            if (received == 0 || batch.count() > 0) {
                return batch.count();
            }
        }
        callAgain = true;
        return 0;
    }

    private void present(FrameBatch batch, int slot, int length) {
        if (length < 0 || length > incoming.maxFrame()) {
            lost(Drop.OVERSIZE);
        } else if (length < EthernetFrame.HEADER_LENGTH) {
            lost(Drop.RUNT);
        } else {
            batch.add(incoming.offset(slot), EthernetFrame.trimmedLength(incoming.memory(), incoming.frameOffset(slot),
                    length, internet));
        }
    }

    private void lost(Drop reason) {
        counters.add(PortCounter.RECEIVED_FRAMES, 1);
        counters.add(reason, 1);
    }

    @Override
    public void send(FrameBatch batch, int index, long now) {
        FrameFault fault = segmenter.begin(batch.memory(), batch.vnetHdrOffset(index), batch.frameLength(index));
        if (fault != FrameFault.NONE) {
            batch.refused(index, Drop.of(fault), counters);
            return;
        }
        int place = takenCount++;
        taken[place] = index;
        failures[place] = null;
        while (segmenter.hasNext() && failures[place] == null) {
            if (filled == TRANSMIT_SLOTS) {
                transmit(now);
            }
            outgoing.length(filled, segmenter.next(outgoing.memory(), outgoing.offset(filled)));
            owners[filled++] = place;
        }
    }

    private void transmit(long now) {
        int done = filled == 0 ? 0 : wire.send(outgoing, filled, now);
        int sent = 0;
        for (int slot = 0; slot < done; slot++) {
            if (outgoing.result(slot) < 0) {
                fail(owners[slot], Drop.EGRESS_ERROR);
            } else {
                sent++;
            }
        }
        if (done < filled) {
            Drop reason = reason(-outgoing.result(done));
            for (int slot = done; slot < filled; slot++) {
                fail(owners[slot], reason);
            }
        }
        counters.add(PortCounter.SENT_SEGMENTS, sent);
        filled = 0;
    }

    private void fail(int place, Drop reason) {
        if (failures[place] == null) {
            failures[place] = reason;
        }
    }

    private static Drop reason(int errno) {
        return switch (errno) {
            case Errno.EAGAIN, Errno.ENOBUFS, Errno.ENOMEM -> Drop.EGRESS_FULL;
            case Errno.ECONNREFUSED, Errno.ENOENT, Errno.ENOTCONN, Errno.ECONNRESET, Errno.EPIPE -> Drop.PORT_DOWN;
            default -> Drop.EGRESS_ERROR;
        };
    }

    @Override
    public void flush(FrameBatch batch, long now) {
        transmit(now);
        for (int place = 0; place < takenCount; place++) {
            Drop failure = failures[place];
            if (failure == null) {
                batch.delivered(taken[place], counters);
            } else {
                batch.refused(taken[place], failure, counters);
            }
        }
        takenCount = 0;
    }

    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("wire", wire.kind());
        details.put("mtu", mtu);
        details.putAll(wire.details());
        return details;
    }

    @Override
    public void close() {
        wire.close();
        incoming.close();
        outgoing.close();
    }
}
