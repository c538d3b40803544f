// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.router.engine.Engine;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.shim.EventFd;
import org.nanorouter.shim.Filter;
import org.nanorouter.shim.NativeBuffer;

/** One capture at the router's end. On the data loop. */
final class Capture {
    private static final int VNET = FrameBatch.VNET_HDR_LENGTH;
    private static final int MAX_BYTES = AbiDescriptor.MAX_PAYLOAD - CapturedFrameDescriptor.LENGTH;

    private final CaptureRequest request;
    private final CaptureRing ring;
    private final RingProducer producer;
    private final @Nullable NativeBuffer program;
    private final long[] lost = new long[Engine.MAX_PORTS];
    private final String[] unannounced = new String[Engine.MAX_PORTS];
    private boolean hasUnannounced;
    /** The ports that are meant. */
    private long ports;
    private long captured;
    /** Of ports that have gone. */
    private long lostBefore;
    /** A bit for each port of which something was lost that the reader has not been told. */
    private long untold;

    /**
     * Makes it, without ports.
     *
     * @param ring closed with this object
     * @throws IOException if the filter may not be run
     */
    Capture(CaptureRequest request, CaptureRing ring) throws IOException {
        this.request = request;
        this.ring = ring;
        this.producer = ring.producer();
        if (request.program().length == 0) {
            program = null;
            return;
        }
        program = NativeBuffer.allocate(request.program().length);
        program.buffer().put(request.program());
        if (Filter.check(program.address(), request.program().length) < 0) {
            program.close();
            throw new IOException("the filter is no program that may be run");
        }
    }

    /** Names of the ports that are meant; none: all. */
    List<String> ports() {
        return request.ports();
    }

    /** Whether one of these ports is meant. */
    boolean wants(List<String> names) {
        return request.ports().isEmpty() || names.stream().anyMatch(request.ports()::contains);
    }

    /** A port has come. */
    void added(int index, Port port) {
        if (request.ports().isEmpty() || request.ports().contains(port.name())) {
            ports |= 1L << index;
        }
        announce(index, port, true);
    }

    /** A port has gone. */
    void removed(int index, Port port) {
        ports &= ~(1L << index);
        // Who has the index next begins at none.
        lostBefore += lost[index];
        lost[index] = 0;
        untold &= ~(1L << index);
        announce(index, port, false);
    }

    private void announce(int index, Port port, boolean up) {
        Map<String, Object> note = new LinkedHashMap<>();
        note.put("index", index);
        note.put("name", port.name());
        note.put("kind", port.kind().label());
        note.put("up", up);
        if (port.kind() == PortKind.CHANNEL) {
            Map<String, Object> details = port.details();
            note.put("epoch", details.get("peer_epoch"));
            note.put("capacity", details.get("ring_capacity"));
        }
        if (!up) {
            note.put("state", port.state().label());
        }
        try {
            unannounced[index] = JSON.std.asString(note);
            hasUnannounced = true;
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
        tellPorts();
        ring();
    }

    /** Indices must have names before frames speak of them. */
    private boolean tellPorts() {
        for (int index = 0; hasUnannounced && index < unannounced.length; index++) {
            String note = unannounced[index];
            if (note == null) {
                continue;
            }
            byte[] bytes = note.getBytes(StandardCharsets.UTF_8);
            int record = producer.claim(bytes.length);
            if (record == RingProducer.FULL) {
                return false;
            }
            producer.buffer().put(record + RecordDescriptor.PAYLOAD_OFFSET, bytes);
            producer.publishLater(RecordDescriptor.TYPE_MESSAGE, bytes.length, System.nanoTime());
            unannounced[index] = null;
        }
        hasUnannounced = false;
        return true;
    }

    /**
     * Captures what it wants of a batch.
     *
     * @param now     when it came
     * @param sentNs  nanoseconds later it was sent
     * @param firstId id of the batch's first frame
     * @param scratch for the filter: a table and results
     * @param budget  what may be copied
     */
    void batch(FrameBatch batch, int ingress, long now, int sentNs, long firstId, FilterScratch scratch,
               CopyBudget budget) {
        boolean cameIn = (ports & 1L << ingress) != 0;
        if (ports == 0 || !cameIn && (request.direction() == Direction.IN || request.direction() == Direction.DROP)) {
            return;
        }
        int first = (int) (request.sample() - 1 - (firstId + request.sample() - 1) % request.sample());
        if (first >= batch.count()) {
            return;
        }
        boolean filtered = program != null;
        if (filtered && scratch.match(program.address(), batch) == 0) {
            return;
        }
        boolean open = (!hasUnannounced || tellPorts()) && (untold == 0 || tellLosses(now));
        for (int i = first; i < batch.count(); i += request.sample()) {
            if ((!filtered || scratch.matches(i)) && isWanted(batch, i, cameIn)) {
                int kept = Math.min(batch.frameLength(i), Math.min(request.snapLength(), MAX_BYTES));
                open = open && budget.has(kept);
                if (open && write(batch, i, kept, ingress, now, sentNs, firstId + i)) {
                    budget.took(kept);
                    captured++;
                } else {
                    // What comes behind it waits, too: the reader is to know of the gap before.
                    open = false;
                    lost[ingress]++;
                    untold |= 1L << ingress;
                }
            }
        }
        ring();
    }

    private boolean isWanted(FrameBatch batch, int index, boolean cameIn) {
        boolean wentOut = batch.deliveries(index) > 0;
        return switch (request.direction()) {
            case IN -> cameIn;
            case OUT -> wentOut && (batch.egresses(index) & ports) != 0;
            case INOUT -> cameIn || wentOut && (batch.egresses(index) & ports) != 0;
            case DROP -> cameIn && !wentOut;
        };
    }

    private boolean write(FrameBatch batch, int index, int kept, int ingress, long now, int sentNs, long id) {
        int payload = CapturedFrameDescriptor.LENGTH + kept;
        int record = producer.claim(payload);
        if (record == RingProducer.FULL) {
            return false;
        }
        ByteBuffer from = batch.memory();
        int vnet = batch.vnetHdrOffset(index);
        ByteBuffer to = producer.buffer();
        to.put(record + RecordDescriptor.VNET_HDR_OFFSET, from, vnet, VNET);
        int at = record + RecordDescriptor.PAYLOAD_OFFSET;
        boolean dropped = batch.deliveries(index) == 0;
        Drop reason = batch.drop(index);
        to.putInt(at + CapturedFrameDescriptor.ROUTER_OFFSET, sentNs);
        to.putInt(at + CapturedFrameDescriptor.LENGTH_OFFSET, batch.frameLength(index));
        int flags = 0;
        if (batch.isFromRing()) {
            flags = CapturedFrameDescriptor.FROM_RING;
            to.putInt(at + CapturedFrameDescriptor.QUEUED_OFFSET, saturated(now - batch.enqueuedAt(index)));
            to.putInt(at + CapturedFrameDescriptor.SEQUENCE_OFFSET, (int) batch.sequence(index));
            to.putInt(at + CapturedFrameDescriptor.POSITION_OFFSET, (int) batch.position(index));
        }
        if (batch.nextPort(index) != PortCounters.NO_PORT) {
            flags |= CapturedFrameDescriptor.TO_RING;
            to.put(at + CapturedFrameDescriptor.NEXT_PORT_OFFSET, (byte) batch.nextPort(index));
            to.putInt(at + CapturedFrameDescriptor.NEXT_SEQUENCE_OFFSET, (int) batch.nextSequence(index));
            to.putInt(at + CapturedFrameDescriptor.NEXT_POSITION_OFFSET, (int) batch.nextPosition(index));
        }
        to.put(at + CapturedFrameDescriptor.DROP_OFFSET,
            (byte) (dropped ? 1 + (reason == null ? Drop.EGRESS_ERROR : reason).ordinal() : 0));
        to.put(at + CapturedFrameDescriptor.PARTS_OFFSET, (byte) Math.min(batch.parts(index), 0xFF));
        to.put(at + CapturedFrameDescriptor.LENGTH, from, batch.frameOffset(index), kept);
        finish(record, payload, flags, id, batch.egresses(index), ingress, now);
        return true;
    }

    private void finish(int record, int payload, int flags, long id, long egresses, int port, long time) {
        int at = record + RecordDescriptor.PAYLOAD_OFFSET;
        ByteBuffer to = producer.buffer();
        to.putLong(at + CapturedFrameDescriptor.ID_OFFSET, id);
        to.putLong(at + CapturedFrameDescriptor.EGRESSES_OFFSET, egresses);
        to.put(at + CapturedFrameDescriptor.PORT_OFFSET, (byte) port);
        to.put(at + CapturedFrameDescriptor.FLAGS_OFFSET, (byte) flags);
        producer.publishLater(RecordDescriptor.TYPE_ETHERNET, payload, time);
    }

    /** As a u32 that does not wrap; a time before the other one is none. */
    static int saturated(long ns) {
        return (int) Math.max(0, Math.min(ns, 0xFFFF_FFFFL));
    }

    /** The reader learns of a gap before it gets what came behind it. */
    private boolean tellLosses(long now) {
        for (long rest = untold; rest != 0; rest &= rest - 1) {
            int port = Long.numberOfTrailingZeros(rest);
            int record = producer.claim(CapturedFrameDescriptor.LENGTH);
            if (record == RingProducer.FULL) {
                return false;
            }
            finish(record, CapturedFrameDescriptor.LENGTH, CapturedFrameDescriptor.LOST, lost[port], 0, port, now);
            untold &= ~(1L << port);
        }
        return true;
    }

    /** Whether it follows frames to the peers. */
    boolean follows() {
        return request.follow();
    }

    /** Of the ring to a peer everything before a position was taken at this time. */
    void taken(int port, long position, long time) {
        int record = hasUnannounced ? RingProducer.FULL : producer.claim(CapturedFrameDescriptor.LENGTH);
        if (record != RingProducer.FULL) {
            finish(record, CapturedFrameDescriptor.LENGTH, CapturedFrameDescriptor.TAKEN, 0, position, port, time);
            ring();
        }
    }

    private void ring() {
        if (producer.needsDoorbell()) {
            EventFd.ring(ring.doorbellOut());
        }
    }

    /** What became of it. */
    Map<String, Object> counts() {
        long sum = lostBefore;
        List<Long> each = new ArrayList<>();
        for (long one : lost) {
            sum += one;
            each.add(one);
        }
        return Map.of("captured", captured, "dropped", sum, "dropped_by_port", each);
    }

    void close() {
        if (program != null) {
            program.close();
        }
        ring.close();
    }
}
