// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.nio.ByteBuffer;
import org.nanorouter.nanokernel.abi.RecordDescriptor;

/**
 * A message that was received: a view into the ring, until the next call of {@link Program}'s, its ports' or its
 * connections' {@code receive}. The sender owns the memory and can change it meanwhile: take a copy of what is checked
 * and then used.
 */
public final class Message {
    private final Connection from;
    private final ByteBuffer ring;
    private final ByteBuffer view;
    private int offset;
    private int length;

    Message(Connection from, ByteBuffer ring) {
        this.from = from;
        this.ring = ring;
        this.view = ring.duplicate().order(ring.order());
    }

    void at(int recordOffset, int payloadLength) {
        offset = recordOffset;
        length = payloadLength;
    }

    /** The connection that it came over: to answer, and to know who sent it. */
    public Connection from() {
        return from;
    }

    /** Bytes, 1 to 65,536. */
    public int length() {
        return length;
    }

    /** The bytes, from position to limit, read-only; the same object for each message of a connection. */
    public ByteBuffer data() {
        int begin = offset + RecordDescriptor.PAYLOAD_OFFSET;
        view.limit(begin + length).position(begin);
        return view;
    }

    /** Whether the sender waits for a {@link Connection#reply}. */
    public boolean isRequest() {
        return kind() == Connection.REQUEST;
    }

    /** One more than that of the message before it on this connection. */
    public long sequence() {
        return ring.getLong(offset + RecordDescriptor.SEQUENCE_OFFSET);
    }

    /** When it was sent, as the sender says: CLOCK_MONOTONIC in nanoseconds. */
    public long sentAt() {
        return ring.getLong(offset + RecordDescriptor.ENQUEUED_AT_OFFSET);
    }

    int kind() {
        return ring.getInt(offset + RecordDescriptor.VNET_HDR_OFFSET + Long.BYTES);
    }

    long tag() {
        return ring.getLong(offset + RecordDescriptor.VNET_HDR_OFFSET);
    }
}
