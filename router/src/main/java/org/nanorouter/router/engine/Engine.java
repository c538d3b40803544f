// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.journal.LogFields;
import org.nanorouter.router.forward.bridge.Bridge;
import org.nanorouter.router.frame.EthernetFrame;
import org.nanorouter.router.frame.FrameFault;
import org.nanorouter.router.frame.VnetHeader;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Landing;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.Space;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The data path between the ports. One thread, the data loop, makes all calls. */
public final class Engine {
    /** Ports at the same time; the bridge is made for as many. */
    public static final int MAX_PORTS = 64;

    /** How long a full egress may hold back those that have frames for it. */
    public static final long MAX_WAIT_NANOS = TimeUnit.MILLISECONDS.toNanos(20);

    /** Rounds of one pump. */
    static final int MAX_ROUNDS = 32;

    /** Bytes that {@link #Engine} needs to read frames into. */
    public static final int SCRATCH_LENGTH = FrameBatch.MAX_BYTES + Space.span(FrameBatch.MAX_FRAME);

    private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
    private static final int CHANNEL_HORIZON = 1;
    private static final long NANOS_PER_MS = TimeUnit.MILLISECONDS.toNanos(1);

    private final Bridge bridge;
    private final LongSupplier clock;
    private final Space scratch;
    private final FrameBatch batch = new FrameBatch();
    private final VnetHeader vnetHeader = new VnetHeader();
    private final BusyPoll busyPoll = new BusyPoll();
    private final @Nullable PortSlot[] byIndex = new PortSlot[MAX_PORTS];
    /** The ports that there are, without gaps. */
    private PortSlot[] slots = {};
    private final PortSlot[] dirty = new PortSlot[MAX_PORTS];
    private int dirtyCount;
    private final PortCounters removed = new PortCounters();
    /** Sees everything. */
    private Tap tap = Tap.NONE;
    /** Whose code runs, for the case that it throws. */
    private @Nullable PortSlot acting;

    /**
     * An engine without ports.
     *
     * @param bridge made for {@link #MAX_PORTS} ports, and without any
     * @param scratch direct little-endian memory of at least {@link #SCRATCH_LENGTH} bytes
     * @param scratchAddress native address of its byte 0
     * @param clock {@code System.nanoTime()} or a test's
     */
    public Engine(Bridge bridge, ByteBuffer scratch, long scratchAddress, LongSupplier clock) {
        this.bridge = bridge;
        this.clock = clock;
        this.scratch = new Space(scratch, scratchAddress, SCRATCH_LENGTH);
    }

    /**
     * Takes a port into service.
     *
     * @return its index, or -1 if there are {@link #MAX_PORTS} already
     */
    public int add(Port port) {
        for (int index = 0; index < MAX_PORTS; index++) {
            if (byIndex[index] == null) {
                PortSlot slot = new PortSlot(index, port);
                byIndex[index] = slot;
                port.counters().belongTo(index);
                bridge.addPort(index, port.kind() == PortKind.CHANNEL ? CHANNEL_HORIZON : Bridge.NO_HORIZON);
                collectSlots();
                tap.added(index, port);
                return index;
            }
        }
        return -1;
    }

    /** Takes a port out of service; what is behind it is forgotten, its counters go into {@link #removedPorts}. */
    public void remove(Port port) {
        PortSlot slot = slotOf(port);
        if (slot == null) {
            return;
        }
        byIndex[slot.index] = null;
        bridge.removePort(slot.index);
        collectSlots();
        for (PortSlot other : slots) {
            if (other.predicted == slot) {
                other.predicted = null;
            }
            if (other.waitsFor == slot) {
                other.waitsFor = null;
            }
        }
        removed.addAll(port.counters());
        tap.removed(slot.index, port);
    }

    /** From now on this one sees what happens; {@link Tap#NONE}: nobody does. */
    public void tap(Tap newTap) {
        tap = newTap;
    }

    private void collectSlots() {
        List<PortSlot> present = new ArrayList<>();
        for (PortSlot slot : byIndex) {
            if (slot != null) {
                present.add(slot);
            }
        }
        slots = present.toArray(PortSlot[]::new);
    }

    private @Nullable PortSlot slotOf(Port port) {
        for (PortSlot slot : slots) {
            if (slot.port == port) {
                return slot;
            }
        }
        return null;
    }

    /** The ports in service, by index. */
    public List<Port> ports() {
        List<Port> ports = new ArrayList<>();
        for (PortSlot slot : slots) {
            ports.add(slot.port);
        }
        return ports;
    }

    /** The port with this index, or null. */
    public @Nullable Port port(int index) {
        PortSlot slot = index < 0 || index >= MAX_PORTS ? null : byIndex[index];
        return slot == null ? null : slot.port;
    }

    /** The index of a port in service, or -1. */
    public int indexOf(Port port) {
        PortSlot slot = slotOf(port);
        return slot == null ? -1 : slot.index;
    }

    /** Whether the port threw and is out of service. */
    public boolean hasFailed(Port port) {
        PortSlot slot = slotOf(port);
        return slot != null && slot.failed;
    }

    /** How long the batches of a port in service took; null of another port. */
    public @Nullable HopTimes times(Port port) {
        PortSlot slot = slotOf(port);
        return slot == null ? null : slot.times;
    }

    public Bridge bridge() {
        return bridge;
    }

    /** Sums of the ports that were removed, so that totals never go back. */
    public PortCounters removedPorts() {
        return removed;
    }

    /** The port's descriptor became readable. */
    public void markReady(int index) {
        PortSlot slot = byIndex[index];
        if (slot != null) {
            slot.markReady();
        }
    }

    /** Whether the port is left alone for now, so that its descriptor need not wake the loop. */
    public boolean isPaused(int index) {
        PortSlot slot = byIndex[index];
        return slot != null && slot.isPaused();
    }

    /**
     * Moves frames until there are none or the budget is used.
     *
     * @return true to be called again after others had a chance; false if the loop may sleep until a descriptor
     *     becomes readable or {@link #nextDeadline} has come
     */
    public boolean pump() {
        for (int round = 0; round < MAX_ROUNDS; round++) {
            if (!round() && !isAnswered() && !prepareToSleep()) {
                return false;
            }
        }
        return true;
    }

    /** Whether a request was answered, if one went out just now. */
    private boolean isAnswered() {
        if (!busyPoll.isRequested()) {
            return false;
        }
        long begin = clock.getAsLong();
        if (!busyPoll.begins(begin)) {
            return false;
        }
        boolean answered = false;
        long now = begin;
        for (int look = 0; look < BusyPoll.MAX_LOOKS && !answered && now - begin < BusyPoll.MAX_NANOS; look++) {
            Thread.yield();
            answered = round();
            now = clock.getAsLong();
        }
        busyPoll.ended(answered, now);
        return answered;
    }

    /** Gives each port one turn; whether anything moved. */
    private boolean round() {
        boolean moved = false;
        PortSlot[] present = slots;
        for (PortSlot slot : present) {
            if ((slot.ready || slot.isPolledForFree) && !slot.failed) {
                moved |= turn(slot);
            }
        }
        return moved;
    }

    /** Whether someone has something after all. */
    private boolean prepareToSleep() {
        boolean more = false;
        for (PortSlot slot : slots) {
            if (slot.failed) {
                continue;
            }
            acting = slot;
            PortSlot egress = slot.waitsFor;
            if (egress != null) {
                more |= !egress.failed && egress.port.prepareToWaitForRoom();
                continue;
            }
            if (slot.port.prepareToSleep() || isDue(slot)) {
                slot.resume();
                more = true;
            }
        }
        return more;
    }

    private boolean isDue(PortSlot slot) {
        long due = Math.min(slot.port.nextReceiveAt(), slot.resumeAt());
        return due != Port.NEVER && due <= clock.getAsLong();
    }

    /**
     * When to pump at the latest although no descriptor became readable: the earliest time at which a port wants to
     * be asked or a full egress stops holding others back; {@link Port#NEVER} for none.
     */
    public long nextDeadline() {
        long deadline = Port.NEVER;
        for (PortSlot slot : slots) {
            if (slot.failed) {
                continue;
            }
            PortSlot egress = slot.waitsFor;
            deadline = Math.min(deadline, egress == null
                ? Math.min(slot.port.nextReceiveAt(), slot.resumeAt()) : egress.holdsBackUntil());
        }
        return deadline;
    }

    private boolean turn(PortSlot slot) {
        long now = clock.getAsLong();
        try {
            return receiveAndForward(slot, now);
        } catch (RuntimeException e) {
            takeOutOfService(e);
            flushAfterFailure();
            settle(slot, now, now);
            return true;
        }
    }

    private void takeOutOfService(RuntimeException failure) {
        PortSlot blamed = Objects.requireNonNull(acting);
        blamed.failed = true;
        LogFields.with(
            () -> LOG.error("port {} is out of service after an internal error", blamed.port.name(), failure),
            LogFields.PORT, blamed.port.name());
    }

    /** What the others were sent refers to memory that is about to be given back. */
    private void flushAfterFailure() {
        while (dirtyCount > 0) {
            try {
                flush(clock.getAsLong());
            } catch (RuntimeException e) {
                takeOutOfService(e);
            }
        }
    }

    private boolean receiveAndForward(PortSlot slot, long now) {
        acting = slot;
        if (slot.rests(now)) {
            return false;
        }
        PortSlot predicted = slot.predicted == null || slot.predicted.failed ? null : slot.predicted;
        if (predicted != null && predicted.holdsBack(now)) {
            if (slot.waitsFor == null) {
                slot.waitsFor = predicted;
                slot.port.counters().add(PortCounter.PAUSES, 1);
            }
            return false;
        }
        slot.waitsFor = null;
        Landing landing = slot.readsIntoSpace && predicted != null ? predicted.landing : null;
        Space space = landing == null ? null : landing.open();
        if (space == null) {
            landing = null;
            space = scratch;
        }
        int count = slot.port.receive(batch, space, now);
        slot.received(batch, now);
        if (count == 0) {
            return false;
        }
        if (landing != null && !batch.isIn(space)) {
            landing = null;
        }
        if (landing != null) {
            // Before anything can throw: what is kept there must be shown whatever becomes of the rest.
            markDirty(predicted);
        }
        long nowMs = now / NANOS_PER_MS;
        for (int i = 0; i < count; i++) {
            forward(slot, i, landing, predicted, now, nowMs);
        }
        flush(now);
        if (count == 1) {
            noticeRequest(slot);
        }
        settle(slot, now, tap != Tap.NONE || slot.times.isDue() ? slot.times.sent(batch, now, clock.getAsLong()) : now);
        return true;
    }

    private void forward(PortSlot slot, int index, @Nullable Landing landing, @Nullable PortSlot predicted, long now,
            long nowMs) {
        ByteBuffer memory = batch.memory();
        int length = batch.frameLength(index);
        FrameFault fault = vnetHeader.check(memory, batch.vnetHdrOffset(index), length);
        boolean keep = false;
        if (fault != FrameFault.NONE) {
            batch.dropped(index, Drop.of(fault));
        } else {
            int frame = batch.frameOffset(index);
            int answer = bridge.forward(slot.index, EthernetFrame.destination(memory, frame),
                EthernetFrame.source(memory, frame), EthernetFrame.vlan(memory, frame, length), nowMs);
            if (answer >= 0) {
                PortSlot egress = byIndex[answer];
                slot.predicted = egress;
                keep = landing != null && egress == predicted;
                if (!keep) {
                    send(egress, index, now);
                }
            } else if (answer == Bridge.FLOOD) {
                keep = flood(slot, index, landing == null ? null : predicted, now);
            } else {
                batch.dropped(index, Drop.of(Bridge.dropReason(answer)));
            }
        }
        if (landing != null) {
            acting = predicted;
            if (keep) {
                landing.keep(batch, index, now);
                slot.port.counters().add(PortCounter.LANDED_FRAMES, batch.parts(index));
            } else {
                landing.cancel(batch, index);
                slot.port.counters().add(PortCounter.MISLANDED_FRAMES, batch.parts(index));
            }
        }
    }

    /** The batch is one frame. */
    private void noticeRequest(PortSlot slot) {
        PortSlot egress = slot.predicted;
        if (!slot.ready && !slot.isPolledForFree && egress != null && egress.isPolledForFree
            && batch.deliveries(0) == 1 && batch.parts(0) == 1) {
            busyPoll.sent(batch.frameLength(0));
        }
    }

    /** Sends to every port but the one where the frame lies already; whether it is to be kept there. */
    private boolean flood(PortSlot slot, int index, @Nullable PortSlot landedIn, long now) {
        slot.port.counters().add(PortCounter.FLOODED_FRAMES, batch.parts(index));
        boolean keep = false;
        boolean sent = false;
        for (PortSlot egress : slots) {
            if (bridge.floodsTo(slot.index, egress.index)) {
                if (egress == landedIn) {
                    keep = true;
                } else {
                    send(egress, index, now);
                    sent = true;
                }
            }
        }
        if (!sent && !keep) {
            batch.dropped(index, slots.length > 1 ? Drop.SPLIT_HORIZON : Drop.NO_PORT);
        }
        return keep;
    }

    private void send(@Nullable PortSlot egress, int index, long now) {
        if (egress == null || egress.failed) {
            batch.dropped(index, Drop.PORT_DOWN);
            return;
        }
        markDirty(egress);
        acting = egress;
        egress.port.send(batch, index, now);
    }

    private void markDirty(@Nullable PortSlot egress) {
        if (egress != null && !egress.dirty) {
            egress.dirty = true;
            dirty[dirtyCount++] = egress;
        }
    }

    private void flush(long now) {
        while (dirtyCount > 0) {
            PortSlot egress = dirty[--dirtyCount];
            egress.dirty = false;
            if (!egress.failed) {
                acting = egress;
                egress.port.flush(batch, now);
                // A device often answers within the write: a TCP stack sends its next segments when it gets an ACK.
                egress.markReady();
            }
        }
    }

    /** A tap that fails is no port's fault. */
    private void show(PortSlot slot, long now, long sentAt) {
        try {
            tap.batch(batch, slot.index, now, sentAt);
        } catch (RuntimeException e) {
            tap = Tap.NONE;
            LOG.error("captures are out of service after an internal error", e);
        }
    }

    /** Closes the books of the batch and gives its memory back. */
    private void settle(PortSlot slot, long now, long sentAt) {
        PortCounters counters = slot.port.counters();
        int count = batch.count();
        long forwarded = 0;
        long copies = 0;
        for (int i = 0; i < count; i++) {
            int deliveries = batch.deliveries(i);
            if (deliveries > 0) {
                forwarded += batch.parts(i);
                copies += deliveries - 1;
            } else {
                Drop reason = batch.drop(i);
                counters.add(reason == null ? Drop.EGRESS_ERROR : reason, batch.parts(i));
            }
        }
        counters.add(PortCounter.RECEIVED_FRAMES, batch.receivedFrames());
        counters.add(PortCounter.RECEIVED_BYTES, batch.receivedBytes());
        counters.add(PortCounter.COALESCED_FRAMES, batch.receivedFrames() - count);
        counters.add(PortCounter.FORWARDED_FRAMES, forwarded);
        if (copies > 0) {
            counters.add(PortCounter.FLOOD_COPIES, copies);
        }
        show(slot, now, sentAt);
        batch.end();
        acting = slot;
        if (!slot.failed) {
            slot.port.release();
        }
    }
}
