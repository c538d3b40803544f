// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.postmortem;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;

/**
 * Finds the records in the bytes of a ring, those that were consumed, too.
 *
 * <p>From the end to the beginning, every multiple of 8 is asked: if a record began here, would it be legal, and would
 * a chain of records go on from its end to the tail? The answer needs only the answers for higher places. A chain has
 * sequence numbers that rise by one, up to the one that the producer wrote last. The head, where it is known, is
 * certainly a boundary; so the chain of what was consumed ends there, and what waits begins there. Of all chains the
 * one that begins first is taken: one that lies in payloads, as of a memory dump that was being sent, begins behind a
 * true record's header.
 *
 * <p>Takes 9 bytes of memory for each 8 of the ring, and time in proportion.
 */
public final class RecordRecovery {
    /** No chain begins here. */
    private static final byte NONE = 0;
    /** A record that ends here has exactly the number in {@link #before}. */
    private static final byte NUMBER = 1;
    /** A record that ends here is the last one. */
    private static final byte LAST = 2;
    /** Nothing is known of the record that ends here. */
    private static final byte ANY = 3;

    private final RingImage ring;
    private final ByteBuffer bytes;
    /** Slots of 8 bytes. */
    private final int slots;
    /** Slot of the head; 0 if there is no head in these bytes. */
    private final int split;
    private final byte[] chain;
    private final long[] before;

    private RecordRecovery(RingImage ring) {
        this.ring = ring;
        this.bytes = ring.bytes();
        this.slots = bytes.capacity() / RecordDescriptor.ALIGNMENT;
        long headOffset = ring.head() - ring.start();
        this.split = ring.head() == RingImage.UNKNOWN || headOffset < 0
                ? 0 : (int) (headOffset / RecordDescriptor.ALIGNMENT);
        this.chain = new byte[slots + 1];
        this.before = new long[slots + 1];
    }

    /** The records in the order of the ring; none if there is none, or no chain of records. */
    public static List<RecoveredRecord> recover(RingImage ring) {
        return new RecordRecovery(ring).records();
    }

    private List<RecoveredRecord> records() {
        chain[slots] = LAST;
        int firstWaiting = first(split, slots);
        if (split > 0 && chain[split] == NONE) {
            // What waits is broken. What was delivered before can be told nevertheless.
            chain[split] = ANY;
        }
        List<RecoveredRecord> found = new ArrayList<>();
        collect(first(0, split), split, found);
        collect(firstWaiting, slots, found);
        return found;
    }

    /** Looks for chains from every slot in a range to its end; answers where the first begins, {@code to} if none. */
    private int first(int from, int to) {
        int first = to;
        for (int slot = to - 1; slot >= from; slot--) {
            int offset = slot * RecordDescriptor.ALIGNMENT;
            int span = span(offset, to * RecordDescriptor.ALIGNMENT);
            int end = slot + span / RecordDescriptor.ALIGNMENT;
            if (span == 0 || chain[end] == NONE) {
                continue;
            }
            if (type(offset) == RecordDescriptor.TYPE_PADDING) {
                chain[slot] = chain[end];
                before[slot] = before[end];
            } else if (follows(offset, end)) {
                chain[slot] = NUMBER;
                before[slot] = sequence(offset) - 1;
                first = slot;
            }
        }
        return first;
    }

    /** Bytes of the record or padding that could begin at an offset; 0 if none can. */
    private int span(int offset, int limit) {
        int length = bytes.getInt(offset + RecordDescriptor.LENGTH_OFFSET);
        int type = type(offset);
        int span;
        if (type == RecordDescriptor.TYPE_PADDING) {
            span = length >= RecordDescriptor.ALIGNMENT && length % RecordDescriptor.ALIGNMENT == 0 ? length : 0;
        } else if (type == RecordDescriptor.TYPE_ETHERNET || type == RecordDescriptor.TYPE_MESSAGE) {
            span = length >= 1 && length <= AbiDescriptor.MAX_PAYLOAD ? RecordDescriptor.span(length) : 0;
        } else {
            return 0;
        }
        int place = (int) (ring.start() + offset) & ring.capacity() - 1;
        return span > limit - offset || span > ring.capacity() - place ? 0 : span;
    }

    /** Whether the record at an offset can be the one before the chain at slot {@code end}. */
    private boolean follows(int offset, int end) {
        long enqueuedAt = bytes.getLong(offset + RecordDescriptor.ENQUEUED_AT_OFFSET);
        if (enqueuedAt < ring.notBefore() || enqueuedAt > ring.notAfter()) {
            return false;
        }
        long sequence = sequence(offset);
        return switch (chain[end]) {
            case NUMBER -> sequence == before[end];
            // next_sequence is stored before the tail: it may count one record that the tail does not.
            case LAST -> sequence - (ring.sequenceFrom() - 2) >= 0 && sequence - ring.sequenceTo() < 0;
            default -> true;
        };
    }

    private void collect(int from, int to, List<RecoveredRecord> found) {
        int slot = from;
        while (slot < to) {
            int offset = slot * RecordDescriptor.ALIGNMENT;
            if (type(offset) != RecordDescriptor.TYPE_PADDING) {
                found.add(new RecoveredRecord(ring, offset, type(offset),
                        bytes.getInt(offset + RecordDescriptor.LENGTH_OFFSET), sequence(offset),
                        bytes.getLong(offset + RecordDescriptor.ENQUEUED_AT_OFFSET)));
            }
            slot += span(offset, to * RecordDescriptor.ALIGNMENT) / RecordDescriptor.ALIGNMENT;
        }
    }

    /** Type and flags as one number: flags are 0 in this revision. */
    private int type(int offset) {
        return bytes.getInt(offset + RecordDescriptor.TYPE_OFFSET);
    }

    private long sequence(int offset) {
        return bytes.getLong(offset + RecordDescriptor.SEQUENCE_OFFSET);
    }
}
