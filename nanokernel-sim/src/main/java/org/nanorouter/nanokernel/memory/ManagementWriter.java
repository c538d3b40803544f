// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.memory;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.ManagementDescriptor;
import org.nanorouter.nanokernel.abi.OsEntryDescriptor;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.abi.RingEntryDescriptor;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.ShimException;

/**
 * The management region on the nanokernel's side, its only writer. One thread uses it.
 *
 * <p>Order of a start: {@link #beginEpoch}, {@link #openRing} for each pair, then PEER to the living OSes, so that who
 * receives PEER finds the table and the directory ready.
 */
public final class ManagementWriter implements AutoCloseable {

    private static final VarHandle LONGS =
        MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INTS =
        MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

    private final int writableFd;
    private final int readOnlyFd;
    private final MappedMemory mapping;
    private final ByteBuffer buffer;
    private final ManagementRegion region;
    private long changeCount;

    private ManagementWriter(int writableFd, int readOnlyFd, MappedMemory mapping) {
        this.writableFd = writableFd;
        this.readOnlyFd = readOnlyFd;
        this.mapping = mapping;
        this.buffer = mapping.buffer();
        this.region = new ManagementRegion(mapping);
        this.changeCount = region.changeCount();
    }

    /**
     * Makes the region, sealed, with an empty OS table and directory.
     *
     * @param bootId {@link ManagementDescriptor#BOOT_ID_LENGTH} random bytes
     */
    public static ManagementWriter create(byte[] bootId) throws ShimException {
        requireLength("bootId", bootId, ManagementDescriptor.BOOT_ID_LENGTH);
        final ManagementWriter writer = map(Errno.check(
            MemoryObject.create("nk-management", ManagementDescriptor.LENGTH),
            "make the management region, length=" + ManagementDescriptor.LENGTH));
        writer.writeHeader(bootId);
        return writer;
    }

    /**
     * Goes on with the region of a nanokernel that was killed: with its boot id, OS table and directory.
     *
     * @param writableFd its {@link #writableFd}, closed with this object, or now if this fails
     * @throws BadRegionException if it is none of this revision
     */
    public static ManagementWriter adopt(int writableFd) throws ShimException, BadRegionException {
        try {
            MemoryObject.check(writableFd, ManagementDescriptor.LENGTH);
        } catch (ShimException e) {
            Fd.close(writableFd);
            throw e;
        }
        final ManagementWriter writer = map(writableFd);
        try {
            writer.region.check();
            return writer;
        } catch (BadRegionException e) {
            writer.close();
            throw e;
        }
    }

    private static ManagementWriter map(int writableFd) throws ShimException {
        int readOnly = -1;
        try {
            readOnly = Errno.check(MemoryObject.reopenReadOnly(writableFd), "open the management region");
            return new ManagementWriter(writableFd, readOnly,
                MemoryObject.map(writableFd, ManagementDescriptor.LENGTH, true, 0));
        } catch (ShimException e) {
            if (readOnly >= 0) {
                Fd.close(readOnly);
            }
            Fd.close(writableFd);
            throw e;
        }
    }

    private void writeHeader(byte[] bootId) {
        buffer.putInt(ManagementDescriptor.REVISION_OFFSET, AbiDescriptor.REVISION);
        buffer.putInt(ManagementDescriptor.OS_CAPACITY_OFFSET, AbiDescriptor.MAX_OS);
        buffer.put(ManagementDescriptor.BOOT_ID_OFFSET, bootId);
        buffer.putLong(ManagementDescriptor.REGION_LENGTH_OFFSET, ManagementDescriptor.LENGTH);
        buffer.putLong(ManagementDescriptor.MAGIC_OFFSET, ManagementDescriptor.MAGIC);
    }

    /** Descriptor for the next nanokernel, and for no OS; closed with this object. */
    public int writableFd() {
        return writableFd;
    }

    /** Descriptor to hand out to every OS; closed with this object. */
    public int readOnlyFd() {
        return readOnlyFd;
    }

    /** The same region, read. Not to be closed: that does this object. */
    public ManagementRegion region() {
        return region;
    }

    /**
     * Enters an OS into the table, in state DEFINED and epoch 0.
     *
     * @param mac six bytes
     */
    public void defineOs(int osId, String name, OsKind kind, byte[] mac, int heartbeatPeriodMs,
        int heartbeatDeadlineMs) {
        final int entry = entry(osId);
        requireLength("mac", mac, OsEntryDescriptor.MAC_LENGTH);
        buffer.put(entry + OsEntryDescriptor.NAME_OFFSET, paddedName(name));
        buffer.putInt(entry + OsEntryDescriptor.ID_OFFSET, osId);
        buffer.putInt(entry + OsEntryDescriptor.KIND_OFFSET, kind.value());
        buffer.put(entry + OsEntryDescriptor.MAC_OFFSET, mac);
        buffer.putInt(entry + OsEntryDescriptor.HEARTBEAT_PERIOD_MS_OFFSET, heartbeatPeriodMs);
        buffer.putInt(entry + OsEntryDescriptor.HEARTBEAT_DEADLINE_MS_OFFSET, heartbeatDeadlineMs);
        changed();
    }

    /**
     * Starts the next incarnation of an OS: new epoch, new region, state BOOTING.
     *
     * @param incarnation {@link OsEntryDescriptor#INCARNATION_LENGTH} random bytes
     * @return the new epoch
     */
    public int beginEpoch(int osId, long regionLength, long now, byte[] incarnation) {
        final int entry = entry(osId);
        requireLength("incarnation", incarnation, OsEntryDescriptor.INCARNATION_LENGTH);
        final int epoch = region.epoch(osId) + 1;
        requireTransition(osId, OsState.BOOTING);
        buffer.putLong(entry + OsEntryDescriptor.REGION_LENGTH_OFFSET, regionLength);
        buffer.putLong(entry + OsEntryDescriptor.STARTED_AT_OFFSET, now);
        buffer.put(entry + OsEntryDescriptor.INCARNATION_OFFSET, incarnation);
        // Partner: the acquire load in ManagementRegion.epoch().
        INTS.setRelease(buffer, entry + OsEntryDescriptor.EPOCH_OFFSET, epoch);
        state(osId, OsState.BOOTING);
        return epoch;
    }

    /**
     * Changes the state of an OS.
     *
     * @throws IllegalStateException if the ABI forbids this change
     */
    public void state(int osId, OsState next) {
        requireTransition(osId, next);
        // Partner: the acquire load in ManagementRegion.state().
        INTS.setRelease(buffer, entry(osId) + OsEntryDescriptor.STATE_OFFSET, next.value());
        changed();
    }

    /** Records why an OS failed. */
    public void failure(int osId, Failure failure, long now) {
        final int entry = entry(osId);
        buffer.putInt(entry + OsEntryDescriptor.LAST_FAILURE_OFFSET, failure.value());
        buffer.putLong(entry + OsEntryDescriptor.LAST_FAILURE_AT_OFFSET, now);
        changed();
    }

    /** Records how often an OS was restarted. */
    public void restartCount(int osId, int count) {
        buffer.putInt(entry(osId) + OsEntryDescriptor.RESTART_COUNT_OFFSET, count);
        changed();
    }

    /** Enters the ring from one OS to another into the directory. */
    public void openRing(int producer, int consumer, RingPlace place) {
        final int at = ringEntry(producer, consumer);
        buffer.putInt(at + RingEntryDescriptor.PRODUCER_OFFSET, producer);
        buffer.putInt(at + RingEntryDescriptor.CONSUMER_OFFSET, consumer);
        buffer.putLong(at + RingEntryDescriptor.DATA_OFFSET_OFFSET, place.dataOffset());
        buffer.putLong(at + RingEntryDescriptor.CAPACITY_OFFSET, place.capacity());
        // Partner: the acquire load in ManagementRegion.ring().
        INTS.setRelease(buffer, at + RingEntryDescriptor.STATE_OFFSET, RingEntryDescriptor.STATE_OPEN);
        changed();
    }

    /** Takes the ring from one OS to another out of the directory. */
    public void closeRing(int producer, int consumer) {
        INTS.setRelease(buffer, ringEntry(producer, consumer) + RingEntryDescriptor.STATE_OFFSET,
            RingEntryDescriptor.STATE_ABSENT);
        changed();
    }

    /** Stores the nanokernel's own sign of life. */
    public void beat(long now) {
        // Partner: the acquire load in ManagementRegion.heartbeat().
        LONGS.setRelease(buffer, ManagementDescriptor.HEARTBEAT_OFFSET, now);
    }

    /** Unmaps the region and closes its descriptors; it lives on while an OS maps it. */
    @Override
    public void close() {
        mapping.close();
        Fd.close(readOnlyFd);
        Fd.close(writableFd);
    }

    private void requireTransition(int osId, OsState next) {
        final OsState current = region.state(osId);
        if (current == null || !current.mayBecome(next)) {
            throw new IllegalStateException("os=" + region.name(osId) + ": state=" + current
                + " may not become " + next);
        }
    }

    private void changed() {
        // Partner: the acquire load in ManagementRegion.changeCount().
        LONGS.setRelease(buffer, ManagementDescriptor.CHANGE_COUNT_OFFSET, ++changeCount);
    }

    private static int entry(int osId) {
        return ManagementDescriptor.osEntryOffset(ManagementRegion.checkId(osId));
    }

    private static int ringEntry(int producer, int consumer) {
        return ManagementDescriptor.ringEntryOffset(
            ManagementRegion.checkId(producer), ManagementRegion.checkId(consumer));
    }

    private static byte[] paddedName(String name) {
        if (!name.matches("[a-z0-9-]{1," + (AbiDescriptor.NAME_LENGTH - 1) + "}")) {
            throw new IllegalArgumentException(
                "name=" + name + ", expected 1 to " + (AbiDescriptor.NAME_LENGTH - 1) + " of a-z, 0-9 and -");
        }
        return Arrays.copyOf(name.getBytes(StandardCharsets.US_ASCII), AbiDescriptor.NAME_LENGTH);
    }

    private static void requireLength(String what, byte[] bytes, int length) {
        if (bytes.length != length) {
            throw new IllegalArgumentException(what + ".length=" + bytes.length + ", expected " + length);
        }
    }
}
