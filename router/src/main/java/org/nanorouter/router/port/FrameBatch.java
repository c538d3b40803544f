// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.metrics.PortCounters;

/**
 * The frames that one {@code receive} brought, all in one memory, and what became of each. One object serves for the
 * life of the engine.
 */
public final class FrameBatch {
    /** Most frames of one batch. */
    public static final int MAX_FRAMES = 64;

    /** Bytes after which a port ends a batch; the frame that crosses it is still part of it. */
    public static final int MAX_BYTES = 256 * 1024;

    /** Length of the vnet_hdr before each frame. */
    public static final int VNET_HDR_LENGTH = 12;

    /** Shortest frame: an Ethernet header. */
    public static final int MIN_FRAME = 14;

    /** Longest frame: the payload of one ring record. */
    public static final int MAX_FRAME = 65_600;

    private static final ByteBuffer NO_MEMORY = ByteBuffer.allocateDirect(0);
    private static final byte NO_DROP = -1;

    private ByteBuffer memory = NO_MEMORY;
    private long address;
    private @Nullable Space space;
    private int count;
    private long bytes;
    private long receivedFrames;
    private long receivedBytes;
    private boolean drained;
    private final int[] offsets = new int[MAX_FRAMES];
    private final int[] lengths = new int[MAX_FRAMES];
    private final int[] parts = new int[MAX_FRAMES];
    private final short[] deliveries = new short[MAX_FRAMES];
    private final byte[] drops = new byte[MAX_FRAMES];
    private final long[] egresses = new long[MAX_FRAMES];
    private final long[] positions = new long[MAX_FRAMES];
    private final long[] sequences = new long[MAX_FRAMES];
    private final long[] enqueuedAt = new long[MAX_FRAMES];
    private boolean fromRing;
    private final int[] nextPorts = new int[MAX_FRAMES];
    private final long[] nextPositions = new long[MAX_FRAMES];
    private final long[] nextSequences = new long[MAX_FRAMES];

    /** Starts an empty batch in memory of the port. */
    public void begin(ByteBuffer newMemory, long newAddress) {
        memory = newMemory;
        address = newAddress;
        space = null;
        clear();
    }

    /** Starts an empty batch of frames that were read into the space. */
    public void begin(Space landed) {
        memory = landed.memory();
        address = landed.address();
        space = landed;
        clear();
    }

    /** Ends the batch and forgets its memory. */
    public void end() {
        memory = NO_MEMORY;
        address = 0;
        space = null;
        clear();
    }

    private void clear() {
        Arrays.fill(deliveries, 0, count, (short) 0);
        Arrays.fill(drops, 0, count, NO_DROP);
        Arrays.fill(egresses, 0, count, 0);
        Arrays.fill(nextPorts, 0, count, PortCounters.NO_PORT);
        count = 0;
        bytes = 0;
        receivedFrames = 0;
        receivedBytes = 0;
        drained = false;
        fromRing = false;
    }

    /** An empty batch. */
    public FrameBatch() {
        Arrays.fill(drops, NO_DROP);
        Arrays.fill(nextPorts, PortCounters.NO_PORT);
    }

    /**
     * Adds a frame.
     *
     * @param vnetHdrOffset where its vnet_hdr begins in the memory
     * @param frameLength length of the Ethernet frame, without the vnet_hdr, at most {@link #MAX_FRAME}
     */
    public void add(int vnetHdrOffset, int frameLength) {
        add(vnetHdrOffset, frameLength, 1, frameLength);
    }

    /**
     * Adds a frame into which several were coalesced as they came in: a large segment.
     *
     * @param frames how many, at least 1
     * @param frameBytes of these, as they came in
     */
    public void add(int vnetHdrOffset, int frameLength, int frames, int frameBytes) {
        offsets[count] = vnetHdrOffset;
        lengths[count] = frameLength;
        parts[count] = frames;
        count++;
        bytes += frameLength;
        receivedFrames += frames;
        receivedBytes += frameBytes;
    }

    /** Says that the port saw the end of what there is: asking again before its descriptor tells is in vain. */
    public void markDrained() {
        drained = true;
    }

    /** Whether {@link #markDrained} was called. */
    public boolean isDrained() {
        return drained;
    }

    public int count() {
        return count;
    }

    /** Frames as they came in, of which this batch was made. */
    public long receivedFrames() {
        return receivedFrames;
    }

    /** Bytes of the Ethernet frames as they came in. */
    public long receivedBytes() {
        return receivedBytes;
    }

    /** How many frames, as they came in, are in this one: 1, or more if they were coalesced. */
    public int parts(int index) {
        return parts[index];
    }

    /** A bit for each port, by its index in the engine, that the frame was delivered to. */
    public long egresses(int index) {
        return egresses[index];
    }

    /** Says of the last added frame what the ring says that it came from: all frames of a batch do. */
    public void lay(long position, long sequence, long at) {
        int last = count - 1;
        positions[last] = position;
        sequences[last] = sequence;
        enqueuedAt[last] = at;
        fromRing = true;
    }

    /** Whether the frames came from a ring; the next three mean something then. */
    public boolean isFromRing() {
        return fromRing;
    }

    /** Where its record began in the ring. */
    public long position(int index) {
        return positions[index];
    }

    /** Number of its record, as the peer says. */
    public long sequence(int index) {
        return sequences[index];
    }

    /** When it was put into the ring, {@code CLOCK_MONOTONIC} in nanoseconds, as the peer says. */
    public long enqueuedAt(int index) {
        return enqueuedAt[index];
    }

    /** The frame lies in the ring of an egress now, as the record of this number that begins at this position. */
    public void enqueued(int index, PortCounters egress, long position, long sequence) {
        nextPorts[index] = egress.port();
        nextPositions[index] = position;
        nextSequences[index] = sequence;
    }

    /** Index of the port into whose ring it was put last; {@link PortCounters#NO_PORT}: into none. */
    public int nextPort(int index) {
        return nextPorts[index];
    }

    /** Where its record begins there. */
    public long nextPosition(int index) {
        return nextPositions[index];
    }

    /** Number of its record there. */
    public long nextSequence(int index) {
        return nextSequences[index];
    }

    /** Whether a port should add no further frame. */
    public boolean isFull() {
        return count == MAX_FRAMES || bytes >= MAX_BYTES;
    }

    /** Direct, little-endian; use absolute access only. */
    public ByteBuffer memory() {
        return memory;
    }

    /** Native address of byte 0 of {@link #memory}. */
    public long address() {
        return address;
    }

    /** Whether the frames were read into this space. */
    public boolean isIn(Space other) {
        return space == other;
    }

    /** Where the vnet_hdr of a frame begins in {@link #memory}. */
    public int vnetHdrOffset(int index) {
        return offsets[index];
    }

    /** Where the Ethernet frame begins in {@link #memory}. */
    public int frameOffset(int index) {
        return offsets[index] + VNET_HDR_LENGTH;
    }

    /** Length of the Ethernet frame. */
    public int frameLength(int index) {
        return lengths[index];
    }

    /** Native address of the vnet_hdr. */
    public long vnetHdrAddress(int index) {
        return address + offsets[index];
    }

    /** Says that an egress handed the frame on. */
    public void delivered(int index, PortCounters egress) {
        deliveries[index]++;
        if (egress.port() >= 0) {
            egresses[index] |= 1L << egress.port();
        }
        egress.add(PortCounter.SENT_FRAMES, 1);
        egress.add(PortCounter.SENT_BYTES, lengths[index]);
    }

    /** Says that an egress could not take the frame. */
    public void refused(int index, Drop reason, PortCounters egress) {
        dropped(index, reason);
        egress.add(PortCounter.REFUSED_FRAMES, 1);
    }

    /** Says that the frame has no egress. */
    public void dropped(int index, Drop reason) {
        if (drops[index] == NO_DROP) {
            drops[index] = (byte) reason.ordinal();
        }
    }

    /** To how many ports the frame was delivered. */
    public int deliveries(int index) {
        return deliveries[index];
    }

    /**
     * Why the frame was delivered to nobody, or was not delivered to all that should have had it; null if nothing was
     * said.
     */
    public @Nullable Drop drop(int index) {
        return drops[index] == NO_DROP ? null : Drop.of(drops[index]);
    }
}
