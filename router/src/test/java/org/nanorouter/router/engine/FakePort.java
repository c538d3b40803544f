// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.engine;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Landing;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;

/**
 * A port of lists, of either nature: one that reads into the space, or one whose ring is a landing with bounded room.
 */
final class FakePort implements Port {
    private static final int RING_LENGTH = 8 << 20;

    final Deque<byte[]> incoming = new ArrayDeque<>();
    final List<byte[]> outgoing = new ArrayList<>();
    final List<String> events = new ArrayList<>();
    /** Frames that find room. */
    int room = Integer.MAX_VALUE;
    /** Frames that must find room for {@link #hasRoom}: a largest one counts for many small ones. */
    int roomOfLargest = 1;
    OnFull onFull = OnFull.DROP;
    @Nullable RuntimeException toThrow;
    boolean refuses;
    boolean moderated;
    boolean flooded;
    /** Set before it joins an engine. */
    boolean polledForFree;
    /** Whether it says with a batch that it was the last one. */
    boolean drains;
    /** A frame that comes when it is asked for the {@link #answersAt}th time. */
    byte @Nullable [] answer;
    int answersAt;
    /** How often the engine meant to sleep. */
    int sleeps;
    /** How many frames each is made of that it gives; a coalesced one has lost 42 bytes of headers of each but one. */
    int parts = 1;
    /** Runs when it is asked for frames. */
    Runnable whenAsked = () -> { };
    /** How often it was asked for frames. */
    int asked;
    /** What stands before each frame that it gives. */
    final byte[] vnetHeader = new byte[FrameBatch.VNET_HDR_LENGTH];

    private final String name;
    private final PortKind kind;
    private final PortCounters counters = new PortCounters();
    private final @Nullable FakeLanding landing;
    private final ByteBuffer own = ByteBuffer.allocateDirect(RING_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private final List<Integer> sent = new ArrayList<>();
    private final List<byte[]> sentFrames = new ArrayList<>();
    private boolean openBatch;
    private boolean overrun;

    FakePort(String name, PortKind kind) {
        this.name = name;
        this.kind = kind;
        this.landing = kind == PortKind.CHANNEL ? new FakeLanding() : null;
    }

    /** A frame without offload requests. */
    static byte[] frame(int destination, int source, int length) {
        byte[] frame = new byte[length];
        frame[0] = 2;
        frame[5] = (byte) destination;
        frame[6] = 2;
        frame[11] = (byte) source;
        return frame;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PortKind kind() {
        return kind;
    }

    @Override
    public PortState state() {
        return PortState.UP;
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public boolean readsIntoSpace() {
        return kind == PortKind.TAP;
    }

    @Override
    public boolean isModerated() {
        return moderated;
    }

    @Override
    public boolean isFlooded() {
        return flooded;
    }

    @Override
    public boolean isPolledForFree() {
        return polledForFree;
    }

    @Override
    public boolean prepareToSleep() {
        sleeps++;
        return false;
    }

    @Override
    public int receive(FrameBatch batch, Space space, long now) {
        asked++;
        whenAsked.run();
        if (openBatch) {
            throw new AssertionError("receive before release");
        }
        if (toThrow != null) {
            throw toThrow;
        }
        if (answer != null && asked == answersAt) {
            incoming.add(answer);
        }
        if (incoming.isEmpty()) {
            return 0;
        }
        boolean landed = readsIntoSpace();
        ByteBuffer memory = landed ? space.memory() : own;
        int record = landed ? space.offset() : 0;
        if (landed) {
            batch.begin(space);
        } else {
            batch.begin(own, 0);
        }
        while (!incoming.isEmpty() && !batch.isFull()) {
            byte[] frame = incoming.remove();
            memory.put(record + Space.HEADER_GAP, vnetHeader);
            memory.put(record + Space.HEADER_GAP + FrameBatch.VNET_HDR_LENGTH, frame);
            batch.add(record + Space.HEADER_GAP, frame.length, parts, frame.length + (parts - 1) * 42);
            record += Space.span(frame.length);
        }
        if (drains && incoming.isEmpty()) {
            batch.markDrained();
        }
        openBatch = true;
        return batch.count();
    }

    @Override
    public void release() {
        if (!sent.isEmpty()) {
            throw new AssertionError("release of a batch before flush");
        }
        openBatch = false;
    }

    @Override
    public boolean hasRoom() {
        return room >= roomOfLargest;
    }

    @Override
    public OnFull onFull() {
        return onFull;
    }

    @Override
    public void send(FrameBatch batch, int index, long now) {
        if (landing != null && landing.open) {
            throw new AssertionError("send while the landing is open");
        }
        if (toThrow != null) {
            throw toThrow;
        }
        overrun = overrun && !hasRoom();
        if (overrun || room - sent.size() <= 0) {
            overrun = true;
            batch.refused(index, Drop.RING_FULL, counters);
            return;
        }
        sent.add(index);
        sentFrames.add(copy(batch, index));
    }

    private static byte[] copy(FrameBatch batch, int index) {
        byte[] frame = new byte[batch.frameLength(index)];
        batch.memory().get(batch.frameOffset(index), frame);
        return frame;
    }

    @Override
    public void flush(FrameBatch batch, long now) {
        for (int i = 0; i < sent.size(); i++) {
            if (refuses) {
                batch.refused(sent.get(i), Drop.EGRESS_ERROR, counters);
            } else {
                deliver(sentFrames.get(i));
                batch.delivered(sent.get(i), counters);
            }
        }
        sent.clear();
        sentFrames.clear();
        if (landing != null) {
            landing.open = false;
        }
    }

    private void deliver(byte[] frame) {
        outgoing.add(frame);
        if (room != Integer.MAX_VALUE) {
            room--;
        }
    }

    @Override
    public @Nullable Landing landing() {
        return landing;
    }

    @Override
    public Map<String, Object> details() {
        return Map.of();
    }

    @Override
    public void close() {
        events.add("closed");
    }

    private final class FakeLanding implements Landing {
        private final ByteBuffer ring = ByteBuffer.allocateDirect(RING_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
        private final Space space = new Space(ring, 0, RING_LENGTH);
        private boolean open;

        @Override
        public @Nullable Space open() {
            if (!hasRoom()) {
                return null;
            }
            return space;
        }

        @Override
        public void keep(FrameBatch batch, int index, long now) {
            open = true;
            events.add("keep");
            deliver(copy(batch, index));
            batch.delivered(index, counters);
        }

        @Override
        public void cancel(FrameBatch batch, int index) {
            open = true;
            events.add("cancel");
        }
    }
}
