// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.router.metrics.Drop;

/** A captured frame, as it lies in the ring: valid until the reader asks for the next one. */
public final class CapturedFrame {
    private static final Drop[] REASONS = Drop.values();

    private ByteBuffer memory = ByteBuffer.allocate(0);
    private int record;
    private int at;
    private int captured;

    void aim(ByteBuffer newMemory, int newRecord, int payloadLength) {
        memory = newMemory;
        record = newRecord;
        at = newRecord + RecordDescriptor.PAYLOAD_OFFSET;
        captured = payloadLength - CapturedFrameDescriptor.LENGTH;
    }

    /** When it came, CLOCK_MONOTONIC in nanoseconds. */
    public long time() {
        return memory.getLong(record + RecordDescriptor.ENQUEUED_AT_OFFSET);
    }

    /** The same for all sightings of one frame, unique in this router. */
    public long id() {
        return memory.getLong(at + CapturedFrameDescriptor.ID_OFFSET);
    }

    /** A bit for each index of a port that it was sent to. */
    public long egresses() {
        return memory.getLong(at + CapturedFrameDescriptor.EGRESSES_OFFSET);
    }

    /** Nanoseconds from its receipt until it was sent. */
    public long routerNs() {
        return Integer.toUnsignedLong(memory.getInt(at + CapturedFrameDescriptor.ROUTER_OFFSET));
    }

    /** Whether it came from a ring; the next three mean something then. */
    public boolean cameFromRing() {
        return (flags() & CapturedFrameDescriptor.FROM_RING) != 0;
    }

    /** Nanoseconds that it lay in the ring that it came from. */
    public long queuedNs() {
        return Integer.toUnsignedLong(memory.getInt(at + CapturedFrameDescriptor.QUEUED_OFFSET));
    }

    /** Lower half of the number of its record there. */
    public int sequence() {
        return memory.getInt(at + CapturedFrameDescriptor.SEQUENCE_OFFSET);
    }

    /** Lower half of the position of its record there. */
    public int position() {
        return memory.getInt(at + CapturedFrameDescriptor.POSITION_OFFSET);
    }

    /** Whether it was put into a ring; the next three mean something then, for the last of several rings. */
    public boolean wentIntoRing() {
        return (flags() & CapturedFrameDescriptor.TO_RING) != 0;
    }

    /** Index of the port whose ring that is. */
    public int nextPort() {
        return memory.get(at + CapturedFrameDescriptor.NEXT_PORT_OFFSET) & 0x3F;
    }

    /** Lower half of the number of its record there. */
    public int nextSequence() {
        return memory.getInt(at + CapturedFrameDescriptor.NEXT_SEQUENCE_OFFSET);
    }

    /** Lower half of the position of its record there. */
    public int nextPosition() {
        return memory.getInt(at + CapturedFrameDescriptor.NEXT_POSITION_OFFSET);
    }

    int flags() {
        return memory.get(at + CapturedFrameDescriptor.FLAGS_OFFSET);
    }

    /** Index of the port that it came from. */
    public int port() {
        return memory.get(at + CapturedFrameDescriptor.PORT_OFFSET) & 0x3F;
    }

    /** Why it was sent to nobody; null: it was sent. */
    public @Nullable Drop drop() {
        int place = Byte.toUnsignedInt(memory.get(at + CapturedFrameDescriptor.DROP_OFFSET));
        return place == 0 ? null : REASONS[Math.min(place, REASONS.length) - 1];
    }

    /** Of how many frames it was made as it came in, 255 for more. */
    public int parts() {
        return Byte.toUnsignedInt(memory.get(at + CapturedFrameDescriptor.PARTS_OFFSET));
    }

    /** Bytes of the whole frame. */
    public int length() {
        return memory.getInt(at + CapturedFrameDescriptor.LENGTH_OFFSET);
    }

    /** Bytes of it that were captured. */
    public int capturedLength() {
        return captured;
    }

    /** Holds the frame at {@link #frameOffset}, and its virtio_net_hdr at {@link #vnetOffset}. */
    public ByteBuffer memory() {
        return memory;
    }

    public int frameOffset() {
        return at + CapturedFrameDescriptor.LENGTH;
    }

    public int vnetOffset() {
        return record + RecordDescriptor.VNET_HDR_OFFSET;
    }
}
