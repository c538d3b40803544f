// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.tap;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.nanorouter.nanokernel.journal.LogFields;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ReadDescriptor;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.SlotDescriptor;
import org.nanorouter.shim.Tap;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Moves frames between a TAP device and the engine. */
public final class TapPort implements Port {
    private static final Logger LOG = LoggerFactory.getLogger(TapPort.class);

    /**
     * Bytes after which a batch ends: about one large segment, so that the far side works on it while the next one is
     * read. What reads a dead OS's rings counts on it: RingImage.UNPUBLISHED of the nanokernel.
     */
    private static final int READ_LIMIT = 64 * 1024;

    private final String name;
    private final TapDevice device;
    private final PortCounters counters = new PortCounters();
    /** One entry for each frame of a batch, and one for why the batch ended. */
    private final NativeBuffer readsMemory =
        NativeBuffer.allocate((long) ReadDescriptor.READ_LENGTH * (FrameBatch.MAX_FRAMES + 1));
    private final NativeBuffer tableMemory =
        NativeBuffer.allocate((long) SlotDescriptor.SLOT_LENGTH * FrameBatch.MAX_FRAMES);
    private final ByteBuffer reads = readsMemory.buffer();
    private final ByteBuffer table = tableMemory.buffer();
    private final long readsAddress = readsMemory.address();
    private final long tableAddress = tableMemory.address();
    private final int[] queued = new int[FrameBatch.MAX_FRAMES];
    private final QueueLimit limit = new QueueLimit();
    private int queuedCount;
    private PortState state = PortState.UP;

    /** A port that owns the device. */
    public TapPort(String name, TapDevice device) {
        this.name = name;
        this.device = device;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PortKind kind() {
        return PortKind.TAP;
    }

    @Override
    public PortState state() {
        return state;
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public int readinessDescriptor() {
        return device.descriptor();
    }

    @Override
    public boolean readsIntoSpace() {
        return true;
    }

    @Override
    public boolean isModerated() {
        return true;
    }

    @Override
    public boolean isFlooded() {
        return limit.isShort();
    }

    @Override
    public int receive(FrameBatch batch, Space space, long now) {
        int count = Tap.readBatch(device.intake(), space.address() + space.offset(), space.capacity(),
            Space.HEADER_GAP, FrameBatch.MAX_FRAMES, READ_LIMIT, readsAddress);
        if (count <= 0) {
            if (count == -Errno.EBADFD || count == -Errno.EIO) {
                end();
            }
            return 0;
        }
        batch.begin(space);
        int record = space.offset();
        for (int i = 0; i < count; i++) {
            int read = ReadDescriptor.readOffset(i);
            int frameLength = reads.getInt(read + ReadDescriptor.LENGTH_OFFSET) - FrameBatch.VNET_HDR_LENGTH;
            batch.add(record + Space.HEADER_GAP, frameLength, reads.getInt(read + ReadDescriptor.FRAMES_OFFSET),
                reads.getInt(read + ReadDescriptor.BYTES_OFFSET));
            record += Space.span(frameLength);
        }
        if (reads.getInt(ReadDescriptor.readOffset(count) + ReadDescriptor.LENGTH_OFFSET) < 0) {
            batch.markDrained();
        }
        return count;
    }

    /** Tells the neighbours the device's addresses, once in its life. For when frames can leave already. */
    public void announce() {
        try {
            device.announce();
        } catch (ShimException e) {
            LogFields.with(() -> LOG.warn("port {}: {}; peers learn them by asking", name, e.getMessage()),
                LogFields.PORT, name);
        }
    }

    /** Makes the device's queue fit what comes from it; to be called now and then. */
    public void limitQueue(long now) {
        if (limit.look(now, counters.get(PortCounter.RECEIVED_FRAMES), counters.get(PortCounter.RECEIVED_BYTES),
                counters.get(PortCounter.SENT_FRAMES))) {
            try {
                device.shortenQueue(limit.isShort());
            } catch (ShimException e) {
                LogFields.with(() -> LOG.warn("port {}: {}", name, e.getMessage()), LogFields.PORT, name);
            }
        }
    }

    private void end() {
        if (state != PortState.ENDED) {
            state = PortState.ENDED;
            LogFields.with(() -> LOG.warn("port {} has ended: interface {} is gone", name, device.name()),
                LogFields.PORT, name, LogFields.STATE, state.label());
        }
    }

    @Override
    public void send(FrameBatch batch, int index, long now) {
        int slot = SlotDescriptor.slotOffset(queuedCount);
        table.putLong(slot + SlotDescriptor.ADDRESS_OFFSET, batch.vnetHdrAddress(index));
        table.putInt(slot + SlotDescriptor.LENGTH_OFFSET, FrameBatch.VNET_HDR_LENGTH + batch.frameLength(index));
        queued[queuedCount++] = index;
    }

    @Override
    public void flush(FrameBatch batch, long now) {
        int count = queuedCount;
        queuedCount = 0;
        int done = Math.max(0, Tap.writeBatch(device.descriptor(), tableAddress, count));
        for (int i = 0; i < done; i++) {
            int result = table.getInt(SlotDescriptor.slotOffset(i) + SlotDescriptor.RESULT_OFFSET);
            if (result >= 0) {
                batch.delivered(queued[i], counters);
            } else {
                batch.refused(queued[i], reason(result), counters);
            }
        }
        for (int i = done; i < count; i++) {
            batch.refused(queued[i], Drop.EGRESS_FULL, counters);
        }
    }

    private static Drop reason(int result) {
        // EIO: the interface is administratively down.
        return result == -Errno.EIO ? Drop.PORT_DOWN : Drop.EGRESS_ERROR;
    }

    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("device", device.name());
        details.put("offloads", offloadNames(device.offloads()));
        return details;
    }

    private static List<String> offloadNames(int mask) {
        List<String> names = new ArrayList<>();
        addName(names, mask, Tap.CSUM, "csum");
        addName(names, mask, Tap.TSO4, "tso4");
        addName(names, mask, Tap.TSO6, "tso6");
        addName(names, mask, Tap.TSO_ECN, "tso-ecn");
        addName(names, mask, Tap.USO4, "uso4");
        addName(names, mask, Tap.USO6, "uso6");
        return names;
    }

    private static void addName(List<String> names, int mask, int bit, String name) {
        if ((mask & bit) != 0) {
            names.add(name);
        }
    }

    @Override
    public void close() {
        state = PortState.ENDED;
        device.close();
        readsMemory.close();
        tableMemory.close();
    }
}
