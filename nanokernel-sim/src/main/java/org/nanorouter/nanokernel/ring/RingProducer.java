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
 * The writing end of a ring, a flyweight over the own region.
 *
 * <p>One record: {@link #claim} gives the offset of the record in {@link #buffer()}; fill {@code vnet_hdr} at
 * {@code + RecordDescriptor.VNET_HDR_OFFSET} and the payload at {@code + RecordDescriptor.PAYLOAD_OFFSET};
 * {@link #publish}. A claim that is not published costs nothing: the next claim has the same room. In a batch of small
 * ones rather {@link #publishLater}: each store of the tail takes its cache line from a consumer that looks for it.
 *
 * <p>A batch laid out by one native call: {@link #claimBytes}, then let the call fill {@link #contiguous()} bytes from
 * that offset with records, each beginning where the span of the one before ends; then in the same order for each
 * record {@link #publish} with its length, or {@link #publishPadding} with its span to take it back. Records after the
 * last of these are forgotten.
 *
 * <p>After a batch: {@code if (needsDoorbell()) channel.ring()}. When a claim finds no room: {@link #askForSpace}.
 */
public final class RingProducer {

    /** Answer of a claim: no room now, or the channel is stopped. */
    public static final int FULL = -1;

    /** Bytes that {@link #publishLater} may leave unseen: a few of the smallest frames, and none of the large ones. */
    private static final int MAX_HIDDEN = 1 << 10;

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
    /** End of what is written, padding before the wrap included; at or ahead of {@link #published}. */
    private long tail;
    /** End of what was published; at or ahead of {@link #shown}. */
    private long published;
    /** The tail as the peer may see it. */
    private long shown;
    /** The tail at the last look for a wish to be woken. */
    private long looked;
    /** Last head of the peer that passed its checks. */
    private long head;
    /** End of the room up to that head. */
    private long limit;
    private long sequence;
    private long lastPosition;

    private final long firstSequence;
    private long payloadBytes;
    private long timesFull;

    /**
     * Goes on from the cursors in {@code own}, which must hold for the peer's epoch ({@link OsRegion#adoptPeer}).
     *
     * @param own region of the producer, mapped writable
     * @param peer region of the consumer
     * @param place where the ring lies in {@code own}
     * @param quarantine shared with the consumer of the same channel
     */
    public RingProducer(OsRegion own, OsRegion peer, RingPlace place, Quarantine quarantine) {
        this(own, peer, place, quarantine, new SharedWords(peer.buffer()), new OwnWords(own.buffer()));
    }

    RingProducer(OsRegion own, OsRegion peer, RingPlace place, Quarantine quarantine, SharedWords peerWords,
        OwnWords ownWords) {
        this.buffer = own.buffer();
        this.address = own.address();
        this.ownWords = ownWords;
        this.ownBlock = OsRegionDescriptor.cursorsOffset(peer.osId());
        this.peerWords = peerWords;
        this.peerBlock = OsRegionDescriptor.cursorsOffset(own.osId());
        this.ownEpoch = own.epoch();
        this.dataOffset = place.dataOffset();
        this.capacity = place.capacity();
        this.quarantine = quarantine;
        this.tail = buffer.getLong(ownBlock + CursorDescriptor.TAIL_OFFSET);
        this.sequence = buffer.getLong(ownBlock + CursorDescriptor.NEXT_SEQUENCE_OFFSET);
        this.firstSequence = sequence;
        this.published = tail;
        this.shown = tail;
        this.looked = tail;
        // The peer's head is not known yet; the lowest one possible makes the ring look full until the first look.
        this.head = Math.max(0, tail - capacity);
        this.limit = head + capacity;
        if (tail < 0 || tail % RecordDescriptor.ALIGNMENT != 0) {
            quarantine.impose(QuarantineReason.OWN_CURSORS_BROKEN);
        }
    }

    /** The own region, in whose absolute offsets this class speaks. */
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
     * Makes room for one record.
     *
     * @param maxPayload largest payload that may be published into it, 1 to {@link AbiDescriptor#MAX_PAYLOAD}
     * @return offset of the record, or {@link #FULL}
     */
    public int claim(int maxPayload) {
        return claimBytes(RecordDescriptor.span(maxPayload));
    }

    /**
     * Makes room for laid-out records.
     *
     * @param bytes wanted at least, in one piece; at most {@link RecordDescriptor#MAX_SPAN}, so that an empty ring
     *     has them whatever its position
     * @return offset of the first record, or {@link #FULL}
     */
    public int claimBytes(int bytes) {
        final int place = (int) tail & capacity - 1;
        // The usual case first: what makes it an unusual one is looked at once more there.
        if (bytes > 0 && bytes <= RecordDescriptor.MAX_SPAN && bytes <= capacity - place && tail + bytes <= limit
            && !quarantine.stopped()) {
            return dataOffset + place;
        }
        return claimBeyond(bytes, place);
    }

    private int claimBeyond(int bytes, int place) {
        if (bytes <= 0 || bytes > RecordDescriptor.MAX_SPAN) {
            throw new IllegalArgumentException("bytes=" + bytes + ", expected 1 to " + RecordDescriptor.MAX_SPAN);
        }
        if (quarantine.stopped()) {
            return FULL;
        }
        final int rest = capacity - place;
        final int needed = bytes <= rest ? bytes : rest + bytes;
        if (tail + needed > limit) {
            refreshHead();
            if (tail + needed > limit) {
                timesFull++;
                return FULL;
            }
        }
        if (bytes <= rest) {
            return dataOffset + place;
        }
        writePadding(dataOffset + place, rest);
        tail += rest;
        return dataOffset;
    }

    /** Bytes in one piece from the offset that a claim just gave; more than it asked for. */
    public int contiguous() {
        if (quarantine.stopped()) {
            return 0;
        }
        refreshHead();
        return Math.min(capacity - ((int) tail & capacity - 1), (int) (limit - tail));
    }

    /**
     * Publishes the record at the claimed offset, or the next of the laid-out ones.
     *
     * @param type {@link RecordDescriptor#TYPE_ETHERNET} or {@link RecordDescriptor#TYPE_MESSAGE}
     * @param payloadLength bytes of payload that were written
     * @param now {@code CLOCK_MONOTONIC} in nanoseconds
     */
    public void publish(int type, int payloadLength, long now) {
        if (!quarantine.stopped()) {
            finish(type, payloadLength, now);
            show();
        }
    }

    /**
     * The same, but the consumer may see it only when there are {@value #MAX_HIDDEN} bytes of such records, or with the
     * next call of {@link #publish} or {@link #needsDoorbell}.
     */
    public void publishLater(int type, int payloadLength, long now) {
        if (!quarantine.stopped()) {
            finish(type, payloadLength, now);
            if (published - shown >= MAX_HIDDEN) {
                show();
            }
        }
    }

    private void finish(int type, int payloadLength, long now) {
        if (payloadLength < 1 || payloadLength > AbiDescriptor.MAX_PAYLOAD) {
            throw new IllegalArgumentException(
                "payloadLength=" + payloadLength + ", expected 1 to " + AbiDescriptor.MAX_PAYLOAD);
        }
        final int span = RecordDescriptor.span(payloadLength);
        final int record = checkedRecord(span);
        ownWords.plainLong(record, (long) type << Integer.SIZE | payloadLength);
        ownWords.plainLong(record + RecordDescriptor.SEQUENCE_OFFSET, sequence);
        ownWords.plainLong(record + RecordDescriptor.ENQUEUED_AT_OFFSET, now);
        sequence++;
        payloadBytes += payloadLength;
        lastPosition = tail;
        advanceTail(span);
    }

    /** Publishes {@code span} bytes at the claimed offset as padding: takes back a laid-out record. */
    public void publishPadding(int span) {
        if (quarantine.stopped()) {
            return;
        }
        if (span < RecordDescriptor.ALIGNMENT || span % RecordDescriptor.ALIGNMENT != 0) {
            throw new IllegalArgumentException("span=" + span + ", expected a multiple of 8");
        }
        writePadding(checkedRecord(span), span);
        advanceTail(span);
        show();
    }

    /**
     * Shows the consumer everything that was published. Whether it asked to be woken by something of it since the last
     * call; if so, ring its doorbell. Once for each batch, behind its last publish.
     */
    public boolean needsDoorbell() {
        if (looked == published || quarantine.stopped()) {
            return false;
        }
        show();
        // Partner: the fence of RingConsumer.askForWake between its wake_at and its look at the tail.
        VarHandle.fullFence();
        final long wakeAt = joined() ? peerWords.acquireLong(peerBlock + CursorDescriptor.WAKE_AT_OFFSET) : 0;
        final boolean asked = EventIndex.passed(wakeAt, looked, published);
        looked = published;
        return asked;
    }

    /**
     * Asks the consumer for a doorbell once a quarter of the ring has become free. To be called after a claim found no
     * room and before sleeping.
     *
     * @return true to sleep: the doorbell will come; false to claim again now: there is room already
     */
    public boolean askForSpace() {
        if (quarantine.stopped()) {
            return true;
        }
        show();
        final long wakeAt = head + capacity / 4;
        // Partner: the load in RingConsumer.needsSpaceDoorbell.
        ownWords.releaseLong(ownBlock + CursorDescriptor.SPACE_WAKE_AT_OFFSET, wakeAt);
        // Partner: the fence of RingConsumer.needsSpaceDoorbell between its head and its look at space_wake_at.
        VarHandle.fullFence();
        refreshHead();
        return head - wakeAt <= 0;
    }

    /** Whether the consumer is to say when it takes records: costs it a look at the clock for each batch. */
    public void wantTimes(boolean wanted) {
        ownWords.plainInt(ownBlock + CursorDescriptor.TIMES_WANTED_OFFSET, wanted ? 1 : 0);
    }

    /** Up to where records were taken at {@link #takenAt}, as the consumer says; 0: it did not say. */
    public long taken() {
        // Partner: the release store in RingConsumer.needsSpaceDoorbell.
        return joined() ? peerWords.acquireLong(peerBlock + CursorDescriptor.TAKEN_OFFSET) : 0;
    }

    /** When, {@code CLOCK_MONOTONIC} in nanoseconds, as the consumer says; to be asked after {@link #taken}. */
    public long takenAt() {
        return peerWords.anyLong(peerBlock + CursorDescriptor.TAKEN_AT_OFFSET);
    }

    /** Where the last published record begins, in bytes since the epoch began. */
    public long lastPosition() {
        return lastPosition;
    }

    /** Sequence number of the last published record. */
    public long lastSequence() {
        return sequence - 1;
    }

    /** Records published by this object. */
    public long records() {
        return sequence - firstSequence;
    }

    /** Payload bytes published by this object. */
    public long payloadBytes() {
        return payloadBytes;
    }

    /** Claims that found no room. */
    public long timesFull() {
        return timesFull;
    }

    /** Bytes that the consumer has not given back, as of the last look at its head. */
    public int usedBytes() {
        return (int) (published - head);
    }

    /**
     * Records that the consumer has not given back: what is lost when its epoch ends. Walks the ring.
     */
    public int unconsumedRecords() {
        if (!quarantine.stopped()) {
            show();
            refreshHead();
        }
        int count = 0;
        long position = head;
        while (position != published) {
            final int place = (int) position & capacity - 1;
            final long word = buffer.getLong(dataOffset + place);
            final int length = (int) word;
            final boolean padding = (word >>> Integer.SIZE & 0xFFFF) == RecordDescriptor.TYPE_PADDING;
            final int span = padding ? length : RecordDescriptor.span(length);
            // A head that is no record's start leads astray; what then comes is counted as one.
            if (length <= 0 || span <= 0 || span > published - position || span % RecordDescriptor.ALIGNMENT != 0
                || span > capacity - place) {
                return count + 1;
            }
            count += padding ? 0 : 1;
            position += span;
        }
        return count;
    }

    private int checkedRecord(int span) {
        final int place = (int) tail & capacity - 1;
        if (tail + span > limit || span > capacity - place) {
            throw new IllegalStateException("span=" + span + " at tail=" + tail + " was not claimed, head=" + head);
        }
        return dataOffset + place;
    }

    private void writePadding(int record, int span) {
        ownWords.plainLong(record, (long) RecordDescriptor.TYPE_PADDING << Integer.SIZE | span);
    }

    private void advanceTail(int span) {
        tail += span;
        published = tail;
    }

    private void show() {
        if (shown != published) {
            shown = published;
            ownWords.plainLong(ownBlock + CursorDescriptor.NEXT_SEQUENCE_OFFSET, sequence);
            // Partner: the acquire load in RingConsumer.refreshTail.
            ownWords.releaseLong(ownBlock + CursorDescriptor.TAIL_OFFSET, shown);
        }
    }

    private boolean joined() {
        if (!joined) {
            // Partner: the release store in the peer's OsRegion.adoptPeer.
            joined = peerWords.acquireInt(peerBlock + CursorDescriptor.PEER_EPOCH_OFFSET) == ownEpoch;
        }
        return joined;
    }

    private void refreshHead() {
        if (!joined()) {
            return;
        }
        // Partner: the release store in RingConsumer.release.
        final long seen = peerWords.acquireLong(peerBlock + CursorDescriptor.HEAD_OFFSET);
        if (seen % RecordDescriptor.ALIGNMENT != 0) {
            quarantine.impose(QuarantineReason.HEAD_MISALIGNED);
        } else if (Long.compareUnsigned(seen - head, shown - head) <= 0) {
            head = seen;
            limit = seen + capacity;
        } else {
            quarantine.impose(
                seen - head < 0 ? QuarantineReason.HEAD_BACKWARDS : QuarantineReason.HEAD_BEYOND_TAIL);
        }
    }
}
