// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.postmortem;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.memory.OsRegion;
import org.nanorouter.nanokernel.memory.RingPlace;

/**
 * The last bytes of one ring at one moment, and the cursors that say what they are. All of it is as the two OSes left
 * it: anything.
 *
 * @param producer     name of the OS that wrote the ring
 * @param consumer     name of the OS that read it
 * @param capacity     bytes of the ring, a power of two
 * @param tail         position behind the last record; the producer's
 * @param head         position behind the last record that was consumed; {@link #UNKNOWN} if it contradicts the tail
 * @param sequenceFrom the producer's {@code next_sequence} before {@code tail} was read
 * @param sequenceTo   the same after it was read; differs if the producer went on meanwhile
 * @param notBefore    CLOCK_MONOTONIC in ns; no record is older
 * @param notAfter     CLOCK_MONOTONIC in ns; no record is younger
 * @param bytes        those from {@code tail - bytes.capacity()} to {@code tail}, little-endian; for absolute access
 */
public record RingImage(String producer, String consumer, int capacity, long tail, long head, long sequenceFrom,
        long sequenceTo, long notBefore, long notAfter, ByteBuffer bytes) {

    /** A head that cannot be. */
    public static final long UNKNOWN = -1;

    /**
     * Bytes behind the tail that a producer may have written already and not published: a batch that is laid out in the
     * ring ends with the record that passes 64 KiB, and there may be padding before it. They lie where the oldest
     * records did, and may leave those records' headers as they were.
     */
    static final int UNPUBLISHED = 3 * RecordDescriptor.MAX_SPAN;

    private static final VarHandle LONGS =
        MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS =
        MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    /** Who the two are, and when records between them can have been written; see the fields of the same names. */
    public record Subject(String producer, String consumer, long notBefore, long notAfter) {
    }

    /** Checks what the arithmetic with positions relies on; the rest may be anything. */
    public RingImage {
        int length = bytes.capacity();
        if (!RecordDescriptor.isCapacity(capacity) || length > capacity || length % RecordDescriptor.ALIGNMENT != 0
                || length > 0 && (tail < length || tail % RecordDescriptor.ALIGNMENT != 0)) {
            throw new IllegalArgumentException("capacity=" + capacity + " tail=" + tail + " bytes=" + length
                    + ", expected whole words of a ring that end at its tail");
        }
        if (head != UNKNOWN && (head < 0 || head > tail || head % RecordDescriptor.ALIGNMENT != 0)) {
            throw new IllegalArgumentException("head=" + head + " tail=" + tail + ", expected a position up to it");
        }
        if (bytes.order() != ByteOrder.LITTLE_ENDIAN) {
            throw new IllegalArgumentException("order=" + bytes.order() + ", expected little-endian");
        }
    }

    /**
     * Copies a ring; both sides may go on using it meanwhile.
     *
     * @param from  region of the producer
     * @param to    region of the consumer
     * @param place where the ring lies in {@code from}
     * @param room  takes the bytes from its position on, which moves behind them; at most its remaining bytes, a
     *              multiple of 8, are copied
     */
    public static RingImage take(Subject subject, OsRegion from, OsRegion to, RingPlace place, ByteBuffer room) {
        final int block = OsRegionDescriptor.cursorsOffset(to.osId());
        // Read before the tail, which only grows: a head beyond it is then a lie.
        final long head = word(to, from, CursorDescriptor.HEAD_OFFSET);
        final long sequenceFrom = (long) LONGS.getAcquire(from.buffer(), block + CursorDescriptor.NEXT_SEQUENCE_OFFSET);
        final long tail = word(from, to, CursorDescriptor.TAIL_OFFSET);
        final long sequenceTo = (long) LONGS.getAcquire(from.buffer(), block + CursorDescriptor.NEXT_SEQUENCE_OFFSET);

        final int capacity = place.capacity();
        final boolean tailIsPosition = tail >= 0 && tail % RecordDescriptor.ALIGNMENT == 0;
        final long knownHead = tailIsPosition ? known(head, tail, capacity) : UNKNOWN;
        int length = 0;
        if (tailIsPosition) {
            length = (int) Math.min(tail - oldest(tail, knownHead, capacity), room.remaining());
            copy(from.buffer(), place, tail - length, room, length);
            // The copy's loads come before these: what the producer overwrote meanwhile is cut off. What waited when
            // the copy began need not wait any more, so the head is read anew, and before the tail as above.
            VarHandle.fullFence();
            final long laterHead = word(to, from, CursorDescriptor.HEAD_OFFSET);
            final long later = word(from, to, CursorDescriptor.TAIL_OFFSET);
            final long overwritten = oldest(later, known(laterHead, later, capacity), capacity) - (tail - length);
            if (overwritten > 0) {
                final int kept = (int) Math.max(0, length - overwritten) & -RecordDescriptor.ALIGNMENT;
                room.put(room.position(), room, room.position() + length - kept, kept);
                length = kept;
            }
        }
        final ByteBuffer bytes = room.slice(room.position(), length).order(ByteOrder.LITTLE_ENDIAN);
        room.position(room.position() + length);
        return new RingImage(subject.producer(), subject.consumer(), capacity, tail, knownHead, sequenceFrom,
                sequenceTo, subject.notBefore(), subject.notAfter(), bytes);
    }

    /** A word of the block that {@code owner} keeps for {@code peer}; 0 as long as it is about another epoch. */
    private static long word(OsRegion owner, OsRegion peer, int offset) {
        final int block = OsRegionDescriptor.cursorsOffset(peer.osId());
        // Partners: the release stores in OsRegion.adoptPeer, RingProducer.advanceTail and RingConsumer.release.
        final int epoch = (int) INTS.getAcquire(owner.buffer(), block + CursorDescriptor.PEER_EPOCH_OFFSET);
        return epoch == peer.epoch() ? (long) LONGS.getAcquire(owner.buffer(), block + offset) : 0;
    }

    /** The head, if it is a position that goes with this tail. */
    private static long known(long head, long tail, int capacity) {
        return head >= 0 && head <= tail && tail - head <= capacity && head % RecordDescriptor.ALIGNMENT == 0
                ? head : UNKNOWN;
    }

    /** Where a producer whose tail this is cannot have written again: nothing that still waits, and not behind it. */
    private static long oldest(long tail, long head, int capacity) {
        final long untouched = Math.max(0, tail - capacity + UNPUBLISHED);
        return head == UNKNOWN ? untouched : Math.min(untouched, head);
    }

    private static void copy(ByteBuffer region, RingPlace place, long position, ByteBuffer room, int length) {
        final int at = (int) position & place.capacity() - 1;
        final int first = Math.min(length, place.capacity() - at);
        room.put(room.position(), region, place.dataOffset() + at, first);
        room.put(room.position() + first, region, place.dataOffset(), length - first);
    }

    /** Position of the first byte. */
    public long start() {
        return tail - bytes.capacity();
    }
}
