// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsEntryDescriptor;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.abi.RingEntryDescriptor;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;

/**
 * The management region, read: OS table and ring directory. The one region that an OS trusts. Layout:
 * {@link ManagementDescriptor}.
 *
 * <p>An OS id that these methods take is 0 to {@link AbiDescriptor#MAX_OS} - 1.
 */
public final class ManagementRegion implements AutoCloseable {

    private static final VarHandle LONGS =
        MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS =
        MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final MappedMemory mapping;
    private final ByteBuffer buffer;

    ManagementRegion(MappedMemory mapping) {
        this.mapping = mapping;
        this.buffer = mapping.buffer();
    }

    /**
     * Maps the region read-only, at its common address if that is free in this process. The descriptor stays the
     * caller's.
     *
     * @throws BadRegionException if magic, revision or length differ
     */
    public static ManagementRegion map(int fd, long length) throws ShimException, BadRegionException {
        BadRegionException.require("management region", "length", length, ManagementDescriptor.LENGTH);
        MemoryObject.check(fd, length);
        final ManagementRegion region = new ManagementRegion(mapAtCommonAddress(fd, length));
        try {
            region.check();
            return region;
        } catch (BadRegionException e) {
            region.close();
            throw e;
        }
    }

    private static MappedMemory mapAtCommonAddress(int fd, long length) throws ShimException {
        try {
            return MemoryObject.map(fd, length, false, ManagementDescriptor.ADDRESS);
        } catch (ShimException e) {
            // Taken (a second attachment of one process), or beyond the address space of this machine.
            if (e.errno() == Errno.EEXIST || e.errno() == Errno.ENOMEM || e.errno() == Errno.EINVAL) {
                return MemoryObject.map(fd, length, false, 0);
            }
            throw e;
        }
    }

    void check() throws BadRegionException {
        BadRegionException.require("management region", "magic",
            buffer.getLong(ManagementDescriptor.MAGIC_OFFSET), ManagementDescriptor.MAGIC);
        BadRegionException.require("management region", "revision",
            buffer.getInt(ManagementDescriptor.REVISION_OFFSET), AbiDescriptor.REVISION);
        BadRegionException.require("management region", "os_capacity",
            buffer.getInt(ManagementDescriptor.OS_CAPACITY_OFFSET), AbiDescriptor.MAX_OS);
        BadRegionException.require("management region", "region_length",
            buffer.getLong(ManagementDescriptor.REGION_LENGTH_OFFSET), ManagementDescriptor.LENGTH);
    }

    /** Where the region lies in this process. */
    public long address() {
        return mapping.address();
    }

    /** Random bytes, other ones for each boot of the nanokernel. */
    public byte[] bootId() {
        return bytes(ManagementDescriptor.BOOT_ID_OFFSET, ManagementDescriptor.BOOT_ID_LENGTH);
    }

    /** Grows with every change of the OS table and the directory. */
    public long changeCount() {
        // Partner: the release store in ManagementWriter.changed().
        return (long) LONGS.getAcquire(buffer, ManagementDescriptor.CHANGE_COUNT_OFFSET);
    }

    /** Time of the nanokernel's last beat. */
    public long heartbeat() {
        // Partner: the release store in ManagementWriter.beat().
        return (long) LONGS.getAcquire(buffer, ManagementDescriptor.HEARTBEAT_OFFSET);
    }

    /** Name of an OS, empty for an entry that is not used. */
    public String name(int osId) {
        return text(bytes(entry(osId) + OsEntryDescriptor.NAME_OFFSET, AbiDescriptor.NAME_LENGTH));
    }

    /** How the OS is emulated; {@code null} for a kind that this revision does not know. */
    public @Nullable OsKind kind(int osId) {
        return OsKind.of(buffer.getInt(entry(osId) + OsEntryDescriptor.KIND_OFFSET));
    }

    /** State of an OS; {@code null} for one that this revision does not know. */
    public @Nullable OsState state(int osId) {
        // Partner: the release store in ManagementWriter.state().
        return OsState.of((int) INTS.getAcquire(buffer, entry(osId) + OsEntryDescriptor.STATE_OFFSET));
    }

    /** Current epoch of an OS, 0 before its first. */
    public int epoch(int osId) {
        // Partner: the release store in ManagementWriter.beginEpoch().
        return (int) INTS.getAcquire(buffer, entry(osId) + OsEntryDescriptor.EPOCH_OFFSET);
    }

    /** Bytes of the OS's region. */
    public long regionLength(int osId) {
        return buffer.getLong(entry(osId) + OsEntryDescriptor.REGION_LENGTH_OFFSET);
    }

    /** Time at which the current incarnation was started. */
    public long startedAt(int osId) {
        return buffer.getLong(entry(osId) + OsEntryDescriptor.STARTED_AT_OFFSET);
    }

    /** How often the OS shall beat. */
    public int heartbeatPeriodMs(int osId) {
        return buffer.getInt(entry(osId) + OsEntryDescriptor.HEARTBEAT_PERIOD_MS_OFFSET);
    }

    /** How long it may fail to. */
    public int heartbeatDeadlineMs(int osId) {
        return buffer.getInt(entry(osId) + OsEntryDescriptor.HEARTBEAT_DEADLINE_MS_OFFSET);
    }

    /** Restarts since the nanokernel's boot. */
    public int restartCount(int osId) {
        return buffer.getInt(entry(osId) + OsEntryDescriptor.RESTART_COUNT_OFFSET);
    }

    /** Why the OS failed last; {@code null} for a reason that this revision does not know. */
    public @Nullable Failure lastFailure(int osId) {
        return Failure.of(buffer.getInt(entry(osId) + OsEntryDescriptor.LAST_FAILURE_OFFSET));
    }

    /** Time of the last failure. */
    public long lastFailureAt(int osId) {
        return buffer.getLong(entry(osId) + OsEntryDescriptor.LAST_FAILURE_AT_OFFSET);
    }

    /** Ethernet address of an OS, six bytes. */
    public byte[] mac(int osId) {
        return bytes(entry(osId) + OsEntryDescriptor.MAC_OFFSET, OsEntryDescriptor.MAC_LENGTH);
    }

    /** Random bytes, other ones for each epoch. */
    public byte[] incarnation(int osId) {
        return bytes(entry(osId) + OsEntryDescriptor.INCARNATION_OFFSET, OsEntryDescriptor.INCARNATION_LENGTH);
    }

    /** Where the ring from one OS to another lies, or {@code null} if there is none. */
    public @Nullable RingPlace ring(int producer, int consumer) {
        final int at = ManagementDescriptor.ringEntryOffset(checkId(producer), checkId(consumer));
        // Partner: the release store in ManagementWriter.openRing().
        final int state = (int) INTS.getAcquire(buffer, at + RingEntryDescriptor.STATE_OFFSET);
        final long dataOffset = buffer.getLong(at + RingEntryDescriptor.DATA_OFFSET_OFFSET);
        final long capacity = buffer.getLong(at + RingEntryDescriptor.CAPACITY_OFFSET);
        final boolean usable = state == RingEntryDescriptor.STATE_OPEN && RecordDescriptor.isCapacity(capacity)
            && dataOffset >= 0 && dataOffset <= AbiDescriptor.MAX_REGION_LENGTH - capacity
            && dataOffset % AbiDescriptor.PAGE_LENGTH == 0;
        return usable ? new RingPlace((int) dataOffset, (int) capacity) : null;
    }

    /** Unmaps the region. */
    @Override
    public void close() {
        mapping.close();
    }

    /** The UTF-8 text before the first NUL. */
    static String text(byte[] padded) {
        int length = 0;
        while (length < padded.length && padded[length] != 0) {
            length++;
        }
        return new String(padded, 0, length, StandardCharsets.UTF_8);
    }

    static int checkId(int osId) {
        if (osId < 0 || osId >= AbiDescriptor.MAX_OS) {
            throw new IllegalArgumentException("osId=" + osId + ", expected 0 to " + (AbiDescriptor.MAX_OS - 1));
        }
        return osId;
    }

    private static int entry(int osId) {
        return ManagementDescriptor.osEntryOffset(checkId(osId));
    }

    private byte[] bytes(int offset, int length) {
        final byte[] bytes = new byte[length];
        buffer.get(offset, bytes);
        return bytes;
    }
}
