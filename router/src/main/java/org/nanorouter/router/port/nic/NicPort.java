// SPDX-License-Identifier: Apache-2.0
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
import org.nanorouter.router.port.OnFull;
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
    /** A power of two; room for some large segments cut up. */
    private static final int TRANSMIT_SLOTS = 512;
    private static final int SLOT_MASK = TRANSMIT_SLOTS - 1;
    /** Free slots from which on the port says that it has room: more than a largest frame needs at an MTU of 1500. */
    private static final int ROOM = TRANSMIT_SLOTS / 2;
    /** Tables full of bad frames that are thrown away in one call. */
    private static final int MAX_BAD_TABLES = 4;
    private static final int MIN_RECEIVE_SLOTS = 4;
    /**
     * Nanoseconds before a wire without room is tried again: the first time, and at the most, which is well below the
     * time for which the engine holds senders back.
     */
    private static final long FIRST_RETRY = 50_000;
    private static final long LAST_RETRY = 2_000_000;
    /** Owner of a slot whose frame was reported in an earlier flush. */
    private static final int REPORTED = -1;

    private final String name;
    private final int mtu;
    private final Wire wire;
    private final FrameSlots incoming;
    private final Segmenter segmenter;
    private final InternetHeader internet = new InternetHeader();
    private final PortCounters counters = new PortCounters();
    private boolean callAgain;

    /** The frames taken since the last flush, by their number in the batch, and why one of them failed. */
    private final int[] taken = new int[FrameBatch.MAX_FRAMES];
    private final @Nullable Drop[] failures = new @Nullable Drop[FrameBatch.MAX_FRAMES];
    private int takenCount;

    /** The transmit ring: frames from head to tail, both counting up, are still to be sent. */
    private final FrameSlots outgoing;
    /** For each of its slots, the place in {@link #taken} of the frame of which it is a segment. */
    private final int[] owners = new int[TRANSMIT_SLOTS];
    private int head;
    private int tail;
    private long retryInterval = FIRST_RETRY;
    private long retryAt;
    /**
     * A frame found the ring full. Then all are refused until there is room again: if each freed slot were given away
     * at once, there never would be, and the engine would never hold the senders back again.
     */
    private boolean overrun;
    private long lostSegments;

    private NicPort(String name, Wire wire, int mtu) {
        if (mtu < MIN_MTU || mtu > MAX_MTU) {
            throw new IllegalArgumentException("mtu=" + mtu + "; expected " + MIN_MTU + " to " + MAX_MTU);
        }
        this.name = name;
        this.wire = wire;
        this.mtu = mtu;
        int maxFrame = Math.max(EthernetFrame.MINIMUM_LENGTH, mtu + OVERHEAD);
        incoming = new FrameSlots(Math.max(MIN_RECEIVE_SLOTS,
                Math.min(FrameBatch.MAX_FRAMES, FrameBatch.MAX_BYTES / maxFrame)), maxFrame);
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
        if (callAgain) {
            return Wire.AT_ONCE;
        }
        return head == tail ? wire.nextReceiveAt() : Math.min(retryAt, wire.nextReceiveAt());
    }

    @Override
    public int receive(FrameBatch batch, Space space, long now) {
        if (head != tail && now - retryAt >= 0) {
            retryInterval = Math.min(2 * retryInterval, LAST_RETRY);
            transmit(now);
        }
        callAgain = false;
        batch.begin(incoming.memory(), incoming.address());
        for (int round = 0; round < MAX_BAD_TABLES; round++) {
            int received = wire.receive(incoming, now);
            for (int i = 0; i < received; i++) {
                present(batch, i, incoming.result(i));
            }
            if (received < incoming.capacity()) {
                batch.markDrained();
                return batch.count();
            }
            if (batch.count() > 0) {
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
    public boolean hasRoom() {
        return tail - head <= TRANSMIT_SLOTS - ROOM;
    }

    @Override
    public OnFull onFull() {
        return OnFull.WAIT;
    }

    @Override
    public void send(FrameBatch batch, int index, long now) {
        overrun = overrun && !hasRoom();
        if (overrun) {
            batch.refused(index, Drop.EGRESS_FULL, counters);
            return;
        }
        FrameFault fault = segmenter.begin(batch.memory(), batch.vnetHdrOffset(index), batch.frameLength(index));
        if (fault != FrameFault.NONE) {
            batch.refused(index, Drop.of(fault), counters);
            return;
        }
        int place = takenCount++;
        taken[place] = index;
        failures[place] = null;
        int first = tail;
        while (segmenter.hasNext()) {
            if (tail - head == TRANSMIT_SLOTS) {
                transmit(now);
                if (tail - head == TRANSMIT_SLOTS) {
                    overrun = true;
                    fail(place, Drop.EGRESS_FULL);
                }
            }
            if (failures[place] != null) {
                // What is left of this frame is of no use to anybody; what has no room, and what went before, stays.
                tail = head - first > 0 ? head : first;
                return;
            }
            int slot = tail++ & SLOT_MASK;
            outgoing.length(slot, segmenter.next(outgoing.memory(), outgoing.offset(slot)));
            owners[slot] = place;
        }
    }

    /** Sends what is in the transmit ring, as far as the wire takes it. */
    private void transmit(long now) {
        int sent = 0;
        while (head != tail) {
            int first = head & SLOT_MASK;
            int count = Math.min(tail - head, TRANSMIT_SLOTS - first);
            int done = wire.send(outgoing, first, count, now);
            for (int slot = first; slot < first + done; slot++) {
                if (outgoing.result(slot) < 0) {
                    fail(owners[slot], Drop.EGRESS_ERROR);
                } else {
                    sent++;
                }
            }
            head += done;
            if (done > 0) {
                retryInterval = FIRST_RETRY;
            }
            if (done < count) {
                stop(reason(-outgoing.result(first + done)), now);
                break;
            }
        }
        counters.add(PortCounter.SENT_SEGMENTS, sent);
    }

    /** The wire takes no more: keeps the rest for later if that makes sense, else drops it. */
    private void stop(Drop reason, long now) {
        if (reason == Drop.EGRESS_FULL) {
            retryAt = now + retryInterval;
            return;
        }
        for (; head != tail; head++) {
            fail(owners[head & SLOT_MASK], reason);
        }
    }

    private void fail(int place, Drop reason) {
        if (place == REPORTED) {
            lostSegments++;
        } else if (failures[place] == null) {
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
        for (int waiting = head; waiting != tail; waiting++) {
            owners[waiting & SLOT_MASK] = REPORTED;
        }
    }

    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("wire", wire.kind());
        details.put("mtu", mtu);
        details.put("waiting_segments", tail - head);
        details.put("lost_segments", lostSegments);
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
