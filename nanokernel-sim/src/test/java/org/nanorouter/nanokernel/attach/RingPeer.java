// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.zip.CRC32;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.shim.Doorbell;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;

/**
 * The Java side of the ring conformance suite; the C side, which says more, is {@code nk_ring_peer.c}.
 *
 * <pre>
 * RingPeer ATTACH_SOCK OS TOKENFILE produce|consume COUNT SEED [START [GAPS]]
 * </pre>
 */
public final class RingPeer implements AttachListener {

    private static final int BATCH = 64;
    private static final int STALL_MS = 20_000;

    private final Attachment attachment;
    private final Lengths lengths;
    private final long start;
    private final long end;
    private final CRC32 crc = new CRC32();
    private final byte[] scratch = new byte[AbiDescriptor.MAX_PAYLOAD];
    private Channel channel;
    /** The first record says which it is. */
    private boolean any;
    /** Records that may still be missing. */
    private long gaps;
    private long missing;

    /** The lengths that follow from a seed. */
    static final class Lengths {

        private long state;

        Lengths(long seed) {
            state = seed;
        }

        private long next() {
            state += 0x9E3779B97F4A7C15L;
            long z = state;
            z = (z ^ z >>> 30) * 0xBF58476D1CE4E5B9L;
            z = (z ^ z >>> 27) * 0x94D049BB133111EBL;
            return z ^ z >>> 31;
        }

        int length() {
            final long n1 = next();
            final long n2 = next();
            return 1 + (int) Long.remainderUnsigned(n2, (n1 & 15) == 0 ? AbiDescriptor.MAX_PAYLOAD : 2000);
        }
    }

    private RingPeer(Attachment attachment, long count, long seed, String start, long gaps) {
        this.attachment = attachment;
        this.any = start.equals("any");
        this.start = any ? 0 : Long.parseLong(start);
        this.end = this.start + count;
        this.gaps = gaps;
        this.lengths = new Lengths(seed);
        for (long i = 0; i < this.start; i++) {
            lengths.length();
        }
    }

    /** Payload byte {@code i} of record {@code sequence}. */
    static byte payload(long sequence, int i) {
        return (byte) (sequence * 31 + i);
    }

    /** Runs one side; prints {@code ok COUNT CRC}, with GAPS and {@code missing N}, or {@code failed: REASON}. */
    public static void main(String[] arguments) throws IOException {
        try (Attachment attachment = Attachment.connect(
            Path.of(arguments[0]), arguments[1], Path.of(arguments[2]))) {
            final boolean gapsAllowed = arguments.length > 7;
            final RingPeer peer = new RingPeer(attachment, Long.parseLong(arguments[4]),
                Long.parseUnsignedLong(arguments[5]), arguments.length > 6 ? arguments[6] : "0",
                gapsAllowed ? Long.parseLong(arguments[7]) : 0);
            peer.awaitPeer();
            if (arguments[3].equals("produce")) {
                peer.produce();
            } else {
                peer.consume();
            }
            System.out.printf("ok %s %08x%s%n", arguments[4], peer.crc.getValue(),
                gapsAllowed ? " missing " + peer.missing : "");
        } catch (IllegalStateException e) {
            System.out.println("failed: " + e.getMessage());
            System.exit(1);
        }
    }

    private void awaitPeer() throws IOException {
        while (channel == null) {
            attachment.dispatch(this);
            if (channel == null) {
                awaitReadable(attachment.fd(), "peer");
            }
        }
        attachment.ready();
        attachment.beat(System.nanoTime());
    }

    private void produce() {
        final RingProducer producer = channel.producer();
        for (long sequence = start; sequence < end; sequence++) {
            final int length = lengths.length();
            int record = producer.claim(length);
            while (record == RingProducer.FULL) {
                channel.ringIfAsked();
                if (producer.askForSpace()) {
                    await(channel.doorbellIn(), "space");
                }
                record = producer.claim(length);
            }
            for (int i = 0; i < length; i++) {
                scratch[i] = payload(sequence, i);
            }
            final ByteBuffer buffer = producer.buffer();
            buffer.putLong(record + RecordDescriptor.VNET_HDR_OFFSET, 0);
            buffer.putInt(record + RecordDescriptor.VNET_HDR_OFFSET + Long.BYTES, 0);
            buffer.put(record + RecordDescriptor.PAYLOAD_OFFSET, scratch, 0, length);
            crc.update(scratch, 0, length);
            producer.publish(RecordDescriptor.TYPE_ETHERNET, length, System.nanoTime());
            if (sequence % BATCH == BATCH - 1) {
                channel.ringIfAsked();
            }
        }
        channel.ringIfAsked();
        awaitEmptyRing();
    }

    /** The attachment's end would take the doorbells away, so it stays until the peer has everything, or is gone. */
    private void awaitEmptyRing() {
        final long deadline = System.nanoTime() + STALL_MS * 1_000_000L;
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            while (channel.producer().unconsumedRecords() > 0) {
                require(System.nanoTime() < deadline, "records not taken");
                Poll.poll(entry.address(), 0, 2);
            }
        }
    }

    private void consume() {
        final RingConsumer consumer = channel.consumer();
        long sequence = start;
        while (sequence < end) {
            final int record = consumer.poll();
            if (record >= 0) {
                sequence = caughtUp(sequence, consumer.sequence());
                check(consumer, record, sequence);
                consumer.advance();
                sequence++;
                if (sequence % BATCH == 0) {
                    consumer.release();
                    channel.ringIfAsked();
                }
                continue;
            }
            require(record != RingConsumer.BROKEN, "quarantined: " + channel.quarantineReason());
            consumer.release();
            channel.ringIfAsked();
            if (!consumer.askForWake()) {
                await(channel.doorbellIn(), "record " + sequence);
            }
        }
        consumer.release();
        channel.ringIfAsked();
    }

    /** Steps from {@code next} over the records before {@code seen} as far as they may be missing. */
    private long caughtUp(long next, long seen) {
        long sequence = next;
        while (sequence < seen && sequence < end && (any || gaps > 0)) {
            lengths.length();
            sequence++;
            if (!any) {
                gaps--;
                missing++;
            }
        }
        any = false;
        return sequence;
    }

    private void check(RingConsumer consumer, int record, long sequence) {
        final int length = lengths.length();
        require(consumer.sequence() == sequence, "sequence " + consumer.sequence() + ", expected " + sequence);
        require(consumer.length() == length, "length " + consumer.length() + " of record " + sequence);
        require(consumer.type() == RecordDescriptor.TYPE_ETHERNET, "type of record " + sequence);
        require(consumer.enqueuedAt() <= System.nanoTime(), "time of record " + sequence);
        final ByteBuffer buffer = consumer.buffer();
        require(buffer.getLong(record + RecordDescriptor.VNET_HDR_OFFSET) == 0
            && buffer.getInt(record + RecordDescriptor.VNET_HDR_OFFSET + Long.BYTES) == 0, "vnet_hdr of " + sequence);
        buffer.get(record + RecordDescriptor.PAYLOAD_OFFSET, scratch, 0, length);
        for (int i = 0; i < length; i++) {
            require(scratch[i] == payload(sequence, i), "payload of record " + sequence);
        }
        crc.update(scratch, 0, length);
    }

    private static void await(int doorbell, String what) {
        awaitReadable(doorbell, what);
        Doorbell.clear(doorbell);
    }

    private static void awaitReadable(int fd, String what) {
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            entry.buffer().putInt(Poll.FD_OFFSET, fd).putShort(Poll.EVENTS_OFFSET, Poll.IN);
            require(Poll.poll(entry.address(), 1, STALL_MS) == 1, "no " + what + " within " + STALL_MS + " ms");
        }
    }

    private static void require(boolean condition, String message) {
        if (!condition) {
            throw new IllegalStateException(message);
        }
    }

    @Override
    public void peer(Channel opened) {
        channel = opened;
    }

    @Override
    public void peerGone(Channel closed) {
        throw new IllegalStateException("gone: " + closed);
    }

    @Override
    public void synced() {
        // The one peer may come later.
    }

    @Override
    public void peerRefused(int peerId, int peerEpoch, String reason) {
        throw new IllegalStateException(reason);
    }

    @Override
    public void lost(String reason) {
        throw new IllegalStateException(reason);
    }
}
