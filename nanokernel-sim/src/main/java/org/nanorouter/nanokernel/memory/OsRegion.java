// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;
import org.nanorouter.nanokernel.abi.OsRegionDescriptor;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;

/**
 * One OS's region as this process sees it: its own, writable, or a peer's, read-only. Layout:
 * {@link OsRegionDescriptor}.
 */
public final class OsRegion implements AutoCloseable {

    private static final VarHandle LONGS =
        MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS =
        MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final @Nullable MappedMemory mapping;
    private final ByteBuffer buffer;
    private final long address;
    private final int osId;
    private final int epoch;

    private OsRegion(@Nullable MappedMemory mapping, ByteBuffer buffer, long address, int osId, int epoch) {
        this.mapping = mapping;
        this.buffer = buffer;
        this.address = address;
        this.osId = osId;
        this.epoch = epoch;
    }

    /**
     * Maps the region of the OS that this process belongs to. The descriptor stays the caller's.
     *
     * @throws BadRegionException if the header is not that of this OS and epoch
     */
    public static OsRegion mapOwn(int fd, long length, int osId, int epoch)
        throws ShimException, BadRegionException {
        return map(fd, length, osId, epoch, true);
    }

    /**
     * Maps the region of a peer, read-only. The descriptor stays the caller's.
     *
     * @throws BadRegionException if the header is not that of this OS and epoch
     */
    public static OsRegion mapPeer(int fd, long length, int osId, int epoch)
        throws ShimException, BadRegionException {
        return map(fd, length, osId, epoch, false);
    }

    /**
     * A region over memory that somebody else owns; {@link #close} leaves it alone.
     *
     * @param buffer little-endian and direct, its offset 0 at {@code address} and 8-byte aligned
     */
    public static OsRegion over(ByteBuffer buffer, long address, int osId, int epoch) {
        return new OsRegion(null, buffer, address, osId, epoch);
    }

    /** Writes the identity with which the nanokernel hands a region out. */
    public static void writeHeader(ByteBuffer buffer, int osId, int epoch, long length) {
        buffer.putLong(OsRegionDescriptor.MAGIC_OFFSET, OsRegionDescriptor.MAGIC);
        buffer.putInt(OsRegionDescriptor.REVISION_OFFSET, AbiDescriptor.REVISION);
        buffer.putInt(OsRegionDescriptor.OS_ID_OFFSET, osId);
        buffer.putInt(OsRegionDescriptor.EPOCH_OFFSET, epoch);
        buffer.putLong(OsRegionDescriptor.REGION_LENGTH_OFFSET, length);
    }

    private static OsRegion map(int fd, long length, int osId, int epoch, boolean writable)
        throws ShimException, BadRegionException {
        if (osId < 0 || osId >= AbiDescriptor.MAX_OS) {
            throw new BadRegionException("OS region: os_id=" + osId + ", expected 0 to " + (AbiDescriptor.MAX_OS - 1));
        }
        final String name = "region of OS " + osId;
        if (length < OsRegionDescriptor.RINGS_OFFSET || length > AbiDescriptor.MAX_REGION_LENGTH) {
            throw new BadRegionException(name + ": length=" + length + ", expected "
                + OsRegionDescriptor.RINGS_OFFSET + " to " + AbiDescriptor.MAX_REGION_LENGTH);
        }
        MemoryObject.check(fd, length);
        final MappedMemory mapping = MemoryObject.map(fd, length, writable, 0);
        try {
            final ByteBuffer buffer = mapping.buffer();
            BadRegionException.require(name, "magic",
                buffer.getLong(OsRegionDescriptor.MAGIC_OFFSET), OsRegionDescriptor.MAGIC);
            BadRegionException.require(name, "revision",
                buffer.getInt(OsRegionDescriptor.REVISION_OFFSET), AbiDescriptor.REVISION);
            BadRegionException.require(name, "os_id", buffer.getInt(OsRegionDescriptor.OS_ID_OFFSET), osId);
            BadRegionException.require(name, "epoch", buffer.getInt(OsRegionDescriptor.EPOCH_OFFSET), epoch);
            BadRegionException.require(name, "region_length",
                buffer.getLong(OsRegionDescriptor.REGION_LENGTH_OFFSET), length);
            return new OsRegion(mapping, buffer, mapping.address(), osId, epoch);
        } catch (BadRegionException e) {
            mapping.close();
            throw e;
        }
    }

    /** All bytes; of a peer's region read-only. */
    public ByteBuffer buffer() {
        return buffer;
    }

    /** Native address of offset 0 of {@link #buffer()}. */
    public long address() {
        return address;
    }

    /** Bytes of the region. */
    public int length() {
        return buffer.capacity();
    }

    /** Whose region it is. */
    public int osId() {
        return osId;
    }

    /** The one epoch of that OS for which this memory holds. */
    public int epoch() {
        return epoch;
    }

    /** Whether a ring at this place lies in this region, behind header and cursors. */
    public boolean contains(RingPlace place) {
        return place.dataOffset() >= OsRegionDescriptor.RINGS_OFFSET
            && (long) place.dataOffset() + place.capacity() <= length();
    }

    /** Stores this OS's sign of life; own region only. */
    public void beat(long now) {
        // Partner: the acquire loads in heartbeat().
        LONGS.setRelease(buffer, OsRegionDescriptor.HEARTBEAT_OFFSET, now);
    }

    /** Time of the OS's last beat as it says, 0 before the first. */
    public long heartbeat() {
        // Partner: the release store in beat().
        return (long) LONGS.getAcquire(buffer, OsRegionDescriptor.HEARTBEAT_OFFSET);
    }

    /** Writes the panic record; own region only. Text that is too long is cut between two characters. */
    public void panic(int code, String text, long now) {
        int end = text.length();
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        while (bytes.length >= OsRegionDescriptor.PANIC_TEXT_LENGTH) {
            end = Math.min(end - 1, OsRegionDescriptor.PANIC_TEXT_LENGTH - 1);
            end -= Character.isHighSurrogate(text.charAt(end - 1)) ? 1 : 0;
            bytes = text.substring(0, end).getBytes(StandardCharsets.UTF_8);
        }
        buffer.putInt(OsRegionDescriptor.PANIC_CODE_OFFSET, code);
        buffer.putLong(OsRegionDescriptor.PANIC_AT_OFFSET, now);
        for (int i = 0; i < OsRegionDescriptor.PANIC_TEXT_LENGTH; i++) {
            buffer.put(OsRegionDescriptor.PANIC_TEXT_OFFSET + i, i < bytes.length ? bytes[i] : 0);
        }
        // Partner: the acquire load in panicked().
        INTS.setRelease(buffer, OsRegionDescriptor.PANIC_STATE_OFFSET, OsRegionDescriptor.PANIC_WRITTEN);
    }

    /** Whether the OS wrote a panic record; the other panic methods then hold what it says. */
    public boolean panicked() {
        // Partner: the release store in panic().
        return (int) INTS.getAcquire(buffer, OsRegionDescriptor.PANIC_STATE_OFFSET) != OsRegionDescriptor.PANIC_NONE;
    }

    /** Code of the panic. */
    public int panicCode() {
        return buffer.getInt(OsRegionDescriptor.PANIC_CODE_OFFSET);
    }

    /** Time of the panic. */
    public long panicAt() {
        return buffer.getLong(OsRegionDescriptor.PANIC_AT_OFFSET);
    }

    /** Text of the panic as the OS wrote it: anything, control characters too. */
    public String panicText() {
        final byte[] bytes = new byte[OsRegionDescriptor.PANIC_TEXT_LENGTH];
        buffer.get(OsRegionDescriptor.PANIC_TEXT_OFFSET, bytes);
        return ManagementRegion.text(bytes);
    }

    /**
     * Makes the cursor block for a peer hold for that peer's epoch; own region only, before the channel's rings are
     * made.
     *
     * @return true if it held already, so that the rings go on from it; false if it was zeroed
     */
    public boolean adoptPeer(int peerId, int peerEpoch) {
        final int block = OsRegionDescriptor.cursorsOffset(peerId);
        if (buffer.getInt(block + CursorDescriptor.PEER_EPOCH_OFFSET) == peerEpoch) {
            return true;
        }
        buffer.putLong(block + CursorDescriptor.TAIL_OFFSET, 0);
        buffer.putLong(block + CursorDescriptor.NEXT_SEQUENCE_OFFSET, 0);
        buffer.putLong(block + CursorDescriptor.SPACE_WAKE_AT_OFFSET, 0);
        buffer.putLong(block + CursorDescriptor.HEAD_OFFSET, 0);
        buffer.putLong(block + CursorDescriptor.WAKE_AT_OFFSET, 0);
        buffer.putInt(block + CursorDescriptor.TIMES_WANTED_OFFSET, 0);
        buffer.putLong(block + CursorDescriptor.TAKEN_OFFSET, 0);
        // Partner: the acquire loads in joined() of the peer's RingProducer and RingConsumer.
        INTS.setRelease(buffer, block + CursorDescriptor.PEER_EPOCH_OFFSET, peerEpoch);
        return false;
    }

    /** The epoch of the peer for which the words of its cursor block hold, 0 before the first. */
    public int peerEpoch(int peerId) {
        // Partner: the release store in adoptPeer().
        return (int) INTS.getAcquire(buffer,
            OsRegionDescriptor.cursorsOffset(peerId) + CursorDescriptor.PEER_EPOCH_OFFSET);
    }

    /** Bytes that the OS says it has published to a peer. */
    public long tailTo(int peerId) {
        // Partner: the release store in RingProducer.
        return (long) LONGS.getAcquire(buffer,
            OsRegionDescriptor.cursorsOffset(peerId) + CursorDescriptor.TAIL_OFFSET);
    }

    /** Bytes that the OS says it has consumed from a peer. */
    public long headFrom(int peerId) {
        // Partner: the release store in RingConsumer.
        return (long) LONGS.getAcquire(buffer,
            OsRegionDescriptor.cursorsOffset(peerId) + CursorDescriptor.HEAD_OFFSET);
    }

    /** Unmaps the region if this object mapped it. */
    @Override
    public void close() {
        if (mapping != null) {
            mapping.close();
        }
    }
}
