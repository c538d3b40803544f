// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.attach.ConnectionEnd;
import org.nanorouter.nanokernel.memory.RingPlace;
import org.nanorouter.nanokernel.ring.Quarantine;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.shim.EventFd;

/**
 * One end of a connection between two programs. Messages of one sender arrive in the order in which they were sent,
 * each once, or the connection says that it is closed. Used by the thread that uses its {@link Program}.
 */
public final class Connection implements AutoCloseable {
    /** Kinds of messages, {@code docs/abi.md} section 6. */
    static final int PLAIN = 0;
    static final int REQUEST = 1;
    static final int REPLY = 2;

    /** So many messages are given back at once, unless there is none left before. */
    private static final int RELEASE_EVERY = 64;

    /** Whether it is in the queue of its inbox. */
    boolean ready;

    private final Program program;
    private final ConnectionEnd end;
    private final Inbox inbox;
    private final Quarantine quarantine = new Quarantine();
    private final RingProducer producer;
    private final RingConsumer consumer;
    private final Message message;
    private final ByteBuffer out;
    private @Nullable ClosedReason closedReason;
    private boolean closed;
    private boolean polled;
    private int unreleased;
    private long lastTag;
    private long dropped;

    Connection(Program program, ConnectionEnd end, Inbox inbox) {
        this.program = program;
        this.end = end;
        this.inbox = inbox;
        int otherSide = 1 - end.own().osId();
        RingPlace place = new RingPlace(OsRegionDescriptor.RINGS_OFFSET,
                end.own().length() - OsRegionDescriptor.RINGS_OFFSET);
        end.own().adoptPeer(otherSide, end.peer().epoch());
        producer = new RingProducer(end.own(), end.peer(), place, quarantine);
        consumer = new RingConsumer(end.own(), end.peer(), place, quarantine);
        message = new Message(this, consumer.buffer());
        out = producer.buffer().duplicate().order(producer.buffer().order());
    }

    /** Id of the connection, the same at both ends. */
    public int id() {
        return end.connectionId();
    }

    /** Name of the other end's OS. */
    public String peerOs() {
        return program.nameOf(end.peerOs());
    }

    /** The epoch of that OS in which the program at the other end joined. */
    public int peerEpoch() {
        return end.peerEpoch();
    }

    /** Id of the program at the other end. */
    public int peerProgram() {
        return end.peerProgram();
    }

    /** Whether messages can be sent. What came before the end can still be received, unless the epoch ended. */
    public boolean isOpen() {
        return !closed && closedReason == null && !quarantine.stopped();
    }

    /** Why the other end is gone; null if it is not. */
    public @Nullable ClosedReason closedReason() {
        return closedReason;
    }

    /** What the other end wrote that no end may write; null: nothing. The connection is of no use then. */
    public @Nullable QuarantineReason quarantineReason() {
        return quarantine.reason();
    }

    /** Messages of an epoch that has ended, and replies that nobody waits for any more. */
    public long dropped() {
        return dropped;
    }

    /**
     * Sends a message.
     *
     * @param data      its bytes, 1 to 65,536, from position to limit, which stay as they are
     * @param timeoutMs how long to wait for room; 0: not at all; -1: for ever
     * @return false if there was no room in time; nothing was sent
     * @throws IllegalArgumentException if it is too long or empty
     * @throws IOException if the connection is closed, in quarantine, or the other end goes away meanwhile
     */
    public boolean send(ByteBuffer data, long timeoutMs) throws IOException {
        boolean sent = put(data, PLAIN, 0, timeoutMs);
        flush();
        return sent;
    }

    /** As {@link #send} without waiting, but the other end is told by {@link #flush}: for a batch. */
    public boolean offer(ByteBuffer data) throws IOException {
        return put(data, PLAIN, 0, 0);
    }

    /** Wakes the other end if it waits for what was sent. */
    public void flush() {
        if (!closed && producer.needsDoorbell()) {
            EventFd.ring(end.doorbellOut());
        }
    }

    /**
     * Sends a request and waits for its reply.
     *
     * @return the reply; null if it did not come in time, and is dropped if it comes later
     * @throws IOException as {@link #send}
     */
    public @Nullable Message request(ByteBuffer data, long timeoutMs) throws IOException {
        long deadline = Waits.deadline(timeoutMs);
        long tag = ++lastTag;
        boolean sent = put(data, REQUEST, tag, timeoutMs);
        flush();
        while (sent) {
            Message reply = program.receive(inbox, this, Waits.left(deadline));
            if (reply == null || reply.kind() == REPLY && reply.tag() == tag) {
                return reply;
            }
            dropped++;
        }
        return null;
    }

    /**
     * Answers a request.
     *
     * @return false if there was no room in time
     */
    public boolean reply(Message request, ByteBuffer data, long timeoutMs) throws IOException {
        if (request.from() != this || request.kind() != REQUEST) {
            throw new IllegalArgumentException("not a request that came over this connection");
        }
        boolean sent = put(data, REPLY, request.tag(), timeoutMs);
        flush();
        return sent;
    }

    /**
     * Takes the next message that came over a connection that this program made. Those to a port come from {@link
     * MessagePort#receive}.
     *
     * @param timeoutMs how long to wait; 0: not at all; -1: for ever
     * @return null if none came in time
     * @throws IOException if there is none any more: the other end is gone, or in quarantine
     */
    public @Nullable Message receive(long timeoutMs) throws IOException {
        return program.receive(inbox, this, timeoutMs);
    }

    private boolean put(ByteBuffer data, int kind, long tag, long timeoutMs) throws IOException {
        int length = data.remaining();
        if (length < 1 || length > AbiDescriptor.MAX_MESSAGE) {
            throw new IllegalArgumentException("a message of " + length + " bytes, expected 1 to "
                    + AbiDescriptor.MAX_MESSAGE);
        }
        long deadline = Waits.deadline(timeoutMs);
        int at = claim(length);
        while (at == RingProducer.FULL) {
            long left = Waits.left(deadline);
            if (left == 0) {
                return false;
            }
            if (producer.askForSpace()) {
                program.await(left);
            }
            at = claim(length);
        }
        out.putLong(at + RecordDescriptor.VNET_HDR_OFFSET, tag);
        out.putInt(at + RecordDescriptor.VNET_HDR_OFFSET + Long.BYTES, kind);
        out.put(at + RecordDescriptor.PAYLOAD_OFFSET, data, data.position(), length);
        producer.publish(RecordDescriptor.TYPE_MESSAGE, length, System.nanoTime());
        return true;
    }

    private int claim(int length) throws IOException {
        int at = isOpen() ? producer.claim(length) : RingProducer.FULL;
        if (!isOpen()) {
            throw gone();
        }
        return at;
    }

    IOException gone() {
        String why = closed ? "closed here" : quarantine.reason() != null
                ? "in quarantine: the other end wrote " + quarantine.reason() : "closed: " + closedReason;
        return new IOException("connection " + id() + " with OS " + peerOs() + " is " + why);
    }

    /** Whether nothing more can come. */
    boolean isOver() {
        return closed || quarantine.stopped() || closedReason != null && !ready;
    }

    /** Gives the message before back, and looks for the next; without one, it has asked to be rung for it. */
    boolean poll() {
        done();
        while (!closed) {
            int at = consumer.poll();
            if (at >= 0 && isMessage()) {
                polled = true;
                message.at(at, consumer.length());
                return true;
            }
            release();
            if (quarantine.stopped() || !consumer.askForWake()) {
                return false;
            }
        }
        return false;
    }

    /** What else a ring may carry is none: the other end lies. */
    private boolean isMessage() {
        if (consumer.type() != RecordDescriptor.TYPE_MESSAGE) {
            quarantine.impose(QuarantineReason.TYPE_UNKNOWN);
        } else if (consumer.length() > AbiDescriptor.MAX_MESSAGE) {
            quarantine.impose(QuarantineReason.LENGTH_OUT_OF_BOUNDS);
        }
        return !quarantine.stopped();
    }

    Message message() {
        return message;
    }

    /** The message that was polled is not used any more. */
    void done() {
        if (polled) {
            polled = false;
            consumer.advance();
            if (++unreleased >= RELEASE_EVERY) {
                release();
            }
        }
    }

    private void release() {
        if (unreleased > 0) {
            unreleased = 0;
            consumer.release();
            if (consumer.needsSpaceDoorbell()) {
                EventFd.ring(end.doorbellOut());
            }
        }
    }

    void rang() {
        inbox.add(this);
    }

    int doorbellIn() {
        return end.doorbellIn();
    }

    /** The nanokernel says that the other end is gone. */
    void closedByPeer(ClosedReason reason) {
        closedReason = reason;
        if (reason == ClosedReason.EPOCH_ENDED && !closed) {
            done();
            dropped += consumer.unreadRecords();
            quarantine.close();
            inbox.remove(this);
        } else {
            inbox.add(this);
        }
    }

    /** Closes this end; the other one is told. */
    @Override
    public void close() {
        if (!closed) {
            program.forget(this);
            free();
        }
    }

    /** Unmaps and closes everything. */
    void free() {
        closed = true;
        polled = false;
        quarantine.close();
        inbox.remove(this);
        end.close();
    }
}
