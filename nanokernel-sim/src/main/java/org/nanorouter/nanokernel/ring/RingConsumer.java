// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.ring;

import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.RingPlace;

/**
 * The reading end of a ring, a flyweight over the peer's read-only region.
 *
 * <p>{@link #poll} gives the offset of a record in {@link #buffer()}, and {@link #length}, {@link #type},
 * {@link #sequence} and {@link #enqueuedAt} then speak of it; {@link #advance} steps over it. The bytes of every
 * record since the last {@link #release} stay where they are, so that a batch can be written out by one native call
 * before it is given back. Length and type were checked and are copies; vnet_hdr and payload are the peer's memory
 * and can change at any moment.
 *
 * <p>After a batch: {@code release(); if (needsSpaceDoorbell()) channel.ring()}. Before sleeping: {@link
 * #askForWake}.
 */
public final class RingConsumer {

    /** Answer of {@link #poll}: nothing there now, or the channel is closed. */
    public static final int NONE = -1;

    /** Answer of {@link #poll}: the channel is in quarantine. */
    public static final int BROKEN = -2;

    /** Padding records stepped over by one poll, so that a peer that writes nothing else cannot hold this thread. */
    static final int MAX_PADDING_RUN = 256;

    private final ByteBuffer buffer;
    private final long address;
    private final OwnWords ownWords;
    private final int ownBlock;
    private final SharedWords peerWords;
    private final int peerBlock;
    private final int ownEpoch;
    private final int dataOffset;
    private final int capacity;
    private final Quarantine quarantine;

    private boolean joined;
    /** Last tail of the peer that passed its checks. */
    private long tail;
    /** Where the next record begins; at or ahead of {@link #released}. */
    private long position;
    /** The head as the peer may see it. */
    private long released;
    /** The head at the last look for a wish for space. */
    private long looked;

    private int record = NONE;
    private int length;
    private int type;
    private long sequence;
    private long enqueuedAt;
    private boolean sequenceKnown;
    private long expectedSequence;

    private long records;
    private long payloadBytes;
    private long sequenceGaps;

    /**
     * Goes on from the cursors in {@code own}, which must hold for the peer's epoch ({@link OsRegion#adoptPeer}).
     *
     * @param own region of the consumer, mapped writable
     * @param peer region of the producer
     * @param place where the ring lies in {@code peer}
     * @param quarantine shared with the producer of the same channel
     */
    public RingConsumer(OsRegion own, OsRegion peer, RingPlace place, Quarantine quarantine) {
        this(own, peer, place, quarantine, new SharedWords(peer.buffer()), new OwnWords(own.buffer()));
    }

    RingConsumer(OsRegion own, OsRegion peer, RingPlace place, Quarantine quarantine, SharedWords peerWords,
        OwnWords ownWords) {
        this.buffer = peer.buffer();
        this.address = peer.address();
        this.ownWords = ownWords;
        this.ownBlock = OsRegionDescriptor.cursorsOffset(peer.osId());
        this.peerWords = peerWords;
        this.peerBlock = OsRegionDescriptor.cursorsOffset(own.osId());
        this.ownEpoch = own.epoch();
        this.dataOffset = place.dataOffset();
        this.capacity = place.capacity();
        this.quarantine = quarantine;
        this.released = own.buffer().getLong(ownBlock + CursorDescriptor.HEAD_OFFSET);
        this.position = released;
        this.tail = released;
        this.looked = released;
        // Only the epoch's first record has a number known beforehand.
        this.sequenceKnown = released == 0;
        if (released < 0 || released % RecordDescriptor.ALIGNMENT != 0) {
            quarantine.impose(QuarantineReason.OWN_CURSORS_BROKEN);
        }
    }

    /** The peer's region, read-only, in whose absolute offsets this class speaks. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Native address of offset 0 of {@link #buffer()}. */
    public long address() {
        return address;
    }

    /** Bytes of the ring. */
    public int capacity() {
        return capacity;
    }

    /**
     * Finds the next record; the same one until {@link #advance}.
     *
     * @return offset of the record, {@link #NONE} or {@link #BROKEN}
     */
    public int poll() {
        if (record >= 0) {
            return record;
        }
        // The usual case first: a record that was there at the last look.
        if (position != tail && !quarantine.stopped()) {
            final int place = (int) position & capacity - 1;
            final long word = peerWords.plainLong(dataOffset + place);
            final int typeSeen = (int) (word >>> Integer.SIZE) & 0xFFFF;
            if (typeSeen != RecordDescriptor.TYPE_PADDING) {
                return accept(place, (int) word, typeSeen);
            }
        }
        return pollBeyond();
    }

    private int pollBeyond() {
        if (quarantine.stopped()) {
            return quarantine.reason() == null ? NONE : BROKEN;
        }
        for (int skipped = 0; skipped < MAX_PADDING_RUN; skipped++) {
            if (position == tail && !refreshTail()) {
                return BROKEN;
            }
            if (position == tail) {
                return NONE;
            }
            final int place = (int) position & capacity - 1;
            final long word = peerWords.plainLong(dataOffset + place);
            final int lengthSeen = (int) word;
            final int typeSeen = (int) (word >>> Integer.SIZE) & 0xFFFF;
            if (typeSeen != RecordDescriptor.TYPE_PADDING) {
                return accept(place, lengthSeen, typeSeen);
            }
            if (lengthSeen < RecordDescriptor.ALIGNMENT || lengthSeen % RecordDescriptor.ALIGNMENT != 0) {
                return broken(QuarantineReason.PADDING_MALFORMED);
            }
            if (!fits(place, lengthSeen)) {
                return BROKEN;
            }
            position += lengthSeen;
        }
        return NONE;
    }

    /** Payload bytes of the polled record. */
    public int length() {
        return length;
    }

    /** {@link RecordDescriptor#TYPE_ETHERNET} or {@link RecordDescriptor#TYPE_MESSAGE}. */
    public int type() {
        return type;
    }

    /** Sequence number of the polled record, as the peer says. */
    public long sequence() {
        return sequence;
    }

    /** Time at which the polled record was published, as the peer says. */
    public long enqueuedAt() {
        return enqueuedAt;
    }

    /** Steps over the polled record without giving its room back; without effect if none is polled. */
    public void advance() {
        if (record >= 0) {
            record = NONE;
            position += RecordDescriptor.span(length);
            records++;
            payloadBytes += length;
        }
    }

    /**
     * Bytes stepped over since the epoch began, padding included: changes exactly when {@link #askForWake} is due
     * again.
     */
    public long position() {
        return position;
    }

    /** Gives back the room of everything that was stepped over. */
    public void release() {
        if (position != released && !quarantine.stopped()) {
            released = position;
            // Partner: the acquire load in RingProducer.refreshHead.
            ownWords.releaseLong(ownBlock + CursorDescriptor.HEAD_OFFSET, position);
        }
    }

    /**
     * Asks the producer for a doorbell with the next record. To be called after {@link #release} and before sleeping.
     *
     * @return true if there is something already: poll again instead of sleeping
     */
    public boolean askForWake() {
        if (quarantine.stopped()) {
            return false;
        }
        // Partner: the load in RingProducer.needsDoorbell.
        ownWords.releaseLong(ownBlock + CursorDescriptor.WAKE_AT_OFFSET, position);
        // Partner: the fence of RingProducer.needsDoorbell between its tail and its look at wake_at.
        VarHandle.fullFence();
        return refreshTail() && position != tail;
    }

    /**
     * Whether the producer asked to be woken by room given back since the last call; if so, ring its doorbell. Once
     * for each batch, behind its {@link #release}.
     */
    public boolean needsSpaceDoorbell() {
        if (looked == released || quarantine.stopped()) {
            return false;
        }
        // Partner: the fence of RingProducer.askForSpace between its space_wake_at and its look at the head.
        VarHandle.fullFence();
        final long wakeAt =
            joined() ? peerWords.acquireLong(peerBlock + CursorDescriptor.SPACE_WAKE_AT_OFFSET) : 0;
        if (joined && peerWords.acquireInt(peerBlock + CursorDescriptor.TIMES_WANTED_OFFSET) != 0) {
            ownWords.plainLong(ownBlock + CursorDescriptor.TAKEN_AT_OFFSET, System.nanoTime());
            // Partner: the acquire load in RingProducer.taken.
            ownWords.releaseLong(ownBlock + CursorDescriptor.TAKEN_OFFSET, released);
        }
        final boolean asked = EventIndex.passed(wakeAt, looked, released);
        looked = released;
        return asked;
    }

    /** Records stepped over by this object. */
    public long records() {
        return records;
    }

    /** Payload bytes stepped over by this object. */
    public long payloadBytes() {
        return payloadBytes;
    }

    /** Records whose sequence number was not one more than that of the record before. */
    public long sequenceGaps() {
        return sequenceGaps;
    }

    /**
     * Records that were published and not stepped over, without stepping over them: what is lost when the peer's
     * epoch ends. Walks the ring, and believes it no more than {@link #poll} does.
     */
    public int unreadRecords() {
        if (quarantine.stopped() || !refreshTail()) {
            return 0;
        }
        int count = 0;
        long at = position;
        while (at != tail) {
            final int place = (int) at & capacity - 1;
            final long word = peerWords.plainLong(dataOffset + place);
            final int lengthSeen = (int) word;
            final boolean padding = (word >>> Integer.SIZE & 0xFFFF) == RecordDescriptor.TYPE_PADDING;
            if (lengthSeen < 1 || !padding && lengthSeen > AbiDescriptor.MAX_PAYLOAD) {
                return count + 1;
            }
            final int span = padding ? lengthSeen : RecordDescriptor.span(lengthSeen);
            // Nobody will look at what comes behind a record that cannot be: it counts as one.
            if (span % RecordDescriptor.ALIGNMENT != 0 || span > tail - at || span > capacity - place) {
                return count + 1;
            }
            count += padding ? 0 : 1;
            at += span;
        }
        return count;
    }

    private int accept(int place, int lengthSeen, int typeSeen) {
        if (typeSeen != RecordDescriptor.TYPE_ETHERNET && typeSeen != RecordDescriptor.TYPE_MESSAGE) {
            return broken(QuarantineReason.TYPE_UNKNOWN);
        }
        if (lengthSeen < 1 || lengthSeen > AbiDescriptor.MAX_PAYLOAD) {
            return broken(QuarantineReason.LENGTH_OUT_OF_BOUNDS);
        }
        if (!fits(place, RecordDescriptor.span(lengthSeen))) {
            return BROKEN;
        }
        final int offset = dataOffset + place;
        length = lengthSeen;
        type = typeSeen;
        final long sequenceSeen = peerWords.anyLong(offset + RecordDescriptor.SEQUENCE_OFFSET);
        sequence = sequenceSeen;
        enqueuedAt = peerWords.anyLong(offset + RecordDescriptor.ENQUEUED_AT_OFFSET);
        if (sequenceKnown && sequenceSeen != expectedSequence) {
            sequenceGaps++;
        }
        sequenceKnown = true;
        expectedSequence = sequenceSeen + 1;
        record = offset;
        return offset;
    }

    private boolean fits(int place, int span) {
        if (span > tail - position) {
            broken(QuarantineReason.SPAN_BEYOND_TAIL);
            return false;
        }
        if (span > capacity - place) {
            broken(QuarantineReason.SPAN_BEYOND_RING_END);
            return false;
        }
        return true;
    }

    private int broken(QuarantineReason reason) {
        quarantine.impose(reason);
        return BROKEN;
    }

    private boolean joined() {
        if (!joined) {
            // Partner: the release store in the peer's OsRegion.adoptPeer.
            joined = peerWords.acquireInt(peerBlock + CursorDescriptor.PEER_EPOCH_OFFSET) == ownEpoch;
        }
        return joined;
    }

    /** Whether the tail is still believable. */
    private boolean refreshTail() {
        if (!joined()) {
            return true;
        }
        // Partner: the release store in RingProducer.advanceTail.
        final long seen = peerWords.acquireLong(peerBlock + CursorDescriptor.TAIL_OFFSET);
        if (seen % RecordDescriptor.ALIGNMENT != 0) {
            quarantine.impose(QuarantineReason.TAIL_MISALIGNED);
            return false;
        }
        if (seen - tail < 0) {
            quarantine.impose(QuarantineReason.TAIL_BACKWARDS);
            return false;
        }
        if (Long.compareUnsigned(seen - released, capacity) > 0) {
            quarantine.impose(QuarantineReason.TAIL_BEYOND_CAPACITY);
            return false;
        }
        tail = seen;
        return true;
    }
}
