// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.channel;

import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.memory.BadRegionException;
import org.nanorouter.nanokernel.memory.ManagementRegion;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.ring.Quarantine;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Fd;

/**
 * Both rings and both doorbells between this OS and one incarnation of a peer. One thread uses it; counters may be read
 * by any.
 *
 * <p>A loop over a channel:
 * <pre>
 *   poll() and advance() over a batch; write it out; consumer().release()
 *   claim() and publish() a batch
 *   ringIfAsked()
 *   idle: if (!consumer().askForWake()) wait until doorbellIn() is readable
 *   full: if (producer().askForSpace()) wait until doorbellIn() is readable
 * </pre>
 */
public final class Channel {

    private final OsRegion peer;
    private final String peerName;
    private final byte[] peerMac;
    private final int doorbellIn;
    private final int doorbellOut;
    private final Quarantine quarantine = new Quarantine();
    private final RingProducer producer;
    private final RingConsumer consumer;

    private boolean closed;
    private long doorbells;
    private long abandonedSent;
    private long abandonedReceived;

    private Channel(OsRegion own, OsRegion peer, ManagementRegion management, int doorbellIn, int doorbellOut,
        RingPlace transmit, RingPlace receive) {
        this.peer = peer;
        this.peerName = management.name(peer.osId());
        this.peerMac = management.mac(peer.osId());
        this.doorbellIn = doorbellIn;
        this.doorbellOut = doorbellOut;
        this.producer = new RingProducer(own, peer, transmit, quarantine);
        this.consumer = new RingConsumer(own, peer, receive, quarantine);
    }

    /**
     * Opens the channel to a peer, going on from this OS's own cursors if they hold for this epoch of the peer.
     *
     * @param own stays the caller's, and outlives the channel
     * @param peer the channel's from now on
     * @param doorbellIn descriptor that the peer rings; the channel's from now on
     * @param doorbellOut eventfd that wakes the peer; the channel's from now on
     * @throws BadRegionException if the directory has no ring of either direction inside its region; then everything
     *     stays the caller's
     */
    public static Channel open(OsRegion own, OsRegion peer, ManagementRegion management, int doorbellIn,
        int doorbellOut) throws BadRegionException {
        final RingPlace transmit = place(own, peer.osId(), management);
        final RingPlace receive = place(peer, own.osId(), management);
        own.adoptPeer(peer.osId(), peer.epoch());
        final Channel channel = new Channel(own, peer, management, doorbellIn, doorbellOut, transmit, receive);
        // The endpoint before this one may have died between a store and its doorbell.
        channel.ring();
        // Whoever followed frames then is gone.
        channel.producer.wantTimes(false);
        return channel;
    }

    private static RingPlace place(OsRegion producer, int consumer, ManagementRegion management)
        throws BadRegionException {
        final RingPlace place = management.ring(producer.osId(), consumer);
        if (place == null || !producer.contains(place)) {
            throw new BadRegionException("ring from OS " + producer.osId() + " to OS " + consumer + ": "
                + (place == null ? "not in the directory" : place + " is not inside the region"));
        }
        return place;
    }

    /** Id of the peer. */
    public int peerId() {
        return peer.osId();
    }

    /** Name of the peer. */
    public String peerName() {
        return peerName;
    }

    /** The incarnation of the peer that this channel leads to. */
    public int peerEpoch() {
        return peer.epoch();
    }

    /** The peer's sign of life, as it says; 0 before its first beat. Not to be asked of a closed channel. */
    public long peerHeartbeat() {
        return peer.heartbeat();
    }

    /** Ethernet address of the peer, six bytes. */
    public byte[] peerMac() {
        return peerMac.clone();
    }

    /** What may be done. */
    public ChannelState state() {
        if (closed) {
            return ChannelState.CLOSED;
        }
        return quarantine.stopped() ? ChannelState.QUARANTINED : ChannelState.OPEN;
    }

    /** Why the channel is, or was when it was closed, in quarantine; {@code null} if it was not. */
    public @Nullable QuarantineReason quarantineReason() {
        return quarantine.reason();
    }

    /** Stops both rings until the peer's next epoch. */
    public void quarantine(QuarantineReason reason) {
        quarantine.impose(reason);
    }

    /** Writes to the peer. */
    public RingProducer producer() {
        return producer;
    }

    /** Reads from the peer. */
    public RingConsumer consumer() {
        return consumer;
    }

    /** What becomes readable when the peer rings; joined to epoll edge-triggered it need not be cleared. */
    public int doorbellIn() {
        return doorbellIn;
    }

    /**
     * Wakes the peer. Costs a system call: only when a ring says so.
     *
     * @return 0 or a negative errno
     */
    public int ring() {
        if (closed) {
            return 0;
        }
        doorbells++;
        return EventFd.ring(doorbellOut);
    }

    /** Wakes the peer if it asked for what was published or given back since the last call; once for each batch. */
    public void ringIfAsked() {
        // Both looks, always: each remembers up to where it looked.
        if (producer.needsDoorbell() | consumer.needsSpaceDoorbell()) {
            ring();
        }
    }

    /** One of the counters. */
    public long count(ChannelCounter counter) {
        return switch (counter) {
            case SENT_RECORDS -> producer.records();
            case SENT_BYTES -> producer.payloadBytes();
            case FULL_CLAIMS -> producer.timesFull();
            case RECEIVED_RECORDS -> consumer.records();
            case RECEIVED_BYTES -> consumer.payloadBytes();
            case SEQUENCE_GAPS -> consumer.sequenceGaps();
            case DOORBELLS -> doorbells;
            case ABANDONED_SENT -> abandonedSent;
            case ABANDONED_RECEIVED -> abandonedReceived;
        };
    }

    /**
     * Counts what is lost, then unmaps the peer's region and closes the doorbells. For the attachment, which tells its
     * listener before; offsets and addresses from the consumer are dead afterwards.
     */
    public void close() {
        if (closed) {
            return;
        }
        abandonedSent = producer.unconsumedRecords();
        abandonedReceived = consumer.unreadRecords();
        closed = true;
        quarantine.close();
        peer.close();
        Fd.close(doorbellIn);
        Fd.close(doorbellOut);
    }

    @Override
    public String toString() {
        return "channel to " + peerName + " (id " + peer.osId() + ", epoch " + peer.epoch() + ", " + state() + ")";
    }
}
