// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.channel;

import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.channel.Channel;
import org.nanorouter.nanokernel.channel.ChannelCounter;
import org.nanorouter.nanokernel.channel.ChannelState;
import org.nanorouter.nanokernel.ring.QuarantineReason;
import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.metrics.PortCounter;
import org.nanorouter.router.metrics.PortCounters;
import org.nanorouter.router.port.FrameBatch;
import org.nanorouter.router.port.Landing;
import org.nanorouter.router.port.OnFull;
import org.nanorouter.router.port.Port;
import org.nanorouter.router.port.PortKind;
import org.nanorouter.router.port.PortState;
import org.nanorouter.router.port.Space;

/** Moves frames between a channel and the engine. The channel stays the attachment's, which closes it. */
public final class ChannelPort implements Port {
    private static final long NOT_ARMED = -1;
    /** The part of the ring that is free before an overrun is over: the part after which the peer rings for space. */
    private static final int ROOM_AFTER_OVERRUN = 4;

    private final String name;
    private final Channel channel;
    private final OnFull onFull;
    private final RingProducer producer;
    private final RingConsumer consumer;
    private final PortCounters counters = new PortCounters();
    private final RingLanding landing;
    /** The position at which the peer was last asked for a doorbell. */
    private long armedAt = NOT_ARMED;
    private long otherRecords;
    private boolean quarantineNoticed;
    /**
     * A frame found the ring full. Then all are refused until a good part of it is free: if each gap were given away at
     * once, a largest frame would never find room, and the engine would never hold the senders back again.
     */
    private boolean overrun;

    /** A port at an open channel. */
    public ChannelPort(String name, Channel channel, OnFull onFull) {
        this.name = name;
        this.channel = channel;
        this.onFull = onFull;
        this.producer = channel.producer();
        this.consumer = channel.consumer();
        this.landing = new RingLanding();
    }

    public Channel channel() {
        return channel;
    }

    @Override
    public String name() {
        return name;
    }

    @Override
    public PortKind kind() {
        return PortKind.CHANNEL;
    }

    @Override
    public PortState state() {
        return switch (channel.state()) {
            case OPEN -> PortState.UP;
            case QUARANTINED -> PortState.QUARANTINED;
            case CLOSED -> PortState.ENDED;
        };
    }

    /** Whether this is the first call; for whoever reports the quarantine. */
    public boolean noticeQuarantine() {
        boolean first = !quarantineNoticed;
        quarantineNoticed = true;
        return first;
    }

    /** Counts what is lost in both rings. Called once, when the epoch of the peer has ended. */
    public void countLosses() {
        counters.add(PortCounter.UNDELIVERED_FRAMES, producer.unconsumedRecords());
        counters.add(PortCounter.UNREAD_FRAMES, consumer.unreadRecords());
    }

    @Override
    public PortCounters counters() {
        return counters;
    }

    @Override
    public int readinessDescriptor() {
        return channel.doorbellIn();
    }

    @Override
    public boolean isPolledForFree() {
        return true;
    }

    @Override
    public OnFull onFull() {
        // A ring that will never have room again is nothing to wait for.
        return channel.state() == ChannelState.OPEN ? onFull : OnFull.DROP;
    }

    @Override
    public int receive(FrameBatch batch, Space space, long now) {
        int record = consumer.poll();
        if (record < 0) {
            return 0;
        }
        batch.begin(consumer.buffer(), consumer.address());
        while (record >= 0 && !batch.isFull()) {
            if (consumer.type() == RecordDescriptor.TYPE_ETHERNET) {
                batch.add(record + RecordDescriptor.VNET_HDR_OFFSET, consumer.length());
                batch.lay(consumer.position(), consumer.sequence(), consumer.enqueuedAt());
            } else {
                otherRecords++;
            }
            consumer.advance();
            record = consumer.poll();
        }
        if (batch.count() == 0) {
            release();
        }
        return batch.count();
    }

    @Override
    public void release() {
        consumer.release();
        channel.ringIfAsked();
    }

    @Override
    public boolean hasRoom() {
        return producer.claimBytes(RecordDescriptor.MAX_SPAN) != RingProducer.FULL && !isOverrun();
    }

    /** Whether frames are refused since one found the ring full. */
    private boolean isOverrun() {
        if (overrun) {
            // For its look at the peer's head, without which the bytes in use are those of an earlier look.
            producer.contiguous();
            overrun = producer.capacity() - producer.usedBytes() < producer.capacity() / ROOM_AFTER_OVERRUN;
        }
        return overrun;
    }

    @Override
    public void send(FrameBatch batch, int index, long now) {
        int length = batch.frameLength(index);
        int record = overrun && !hasRoom() ? RingProducer.FULL : producer.claim(length);
        if (record == RingProducer.FULL) {
            overrun = true;
            batch.refused(index, channel.state() == ChannelState.OPEN ? Drop.RING_FULL : Drop.QUARANTINED, counters);
            return;
        }
        ByteBuffer target = producer.buffer();
        target.put(record + RecordDescriptor.VNET_HDR_OFFSET, batch.memory(), batch.vnetHdrOffset(index),
            FrameBatch.VNET_HDR_LENGTH + length);
        publish(batch, index, now);
    }

    private void publish(FrameBatch batch, int index, long now) {
        producer.publishLater(RecordDescriptor.TYPE_ETHERNET, batch.frameLength(index), now);
        batch.delivered(index, counters);
        batch.enqueued(index, counters, producer.lastPosition(), producer.lastSequence());
    }

    @Override
    public void flush(FrameBatch batch, long now) {
        channel.ringIfAsked();
    }

    @Override
    public Landing landing() {
        return landing;
    }

    @Override
    public boolean prepareToSleep() {
        if (consumer.poll() >= 0) {
            return true;
        }
        // The peer may have cancelled records; then the place moves on without a batch.
        release();
        long position = consumer.position();
        if (position == armedAt) {
            // What the peer was asked for still holds.
            return false;
        }
        armedAt = position;
        return consumer.askForWake();
    }

    @Override
    public boolean prepareToWaitForRoom() {
        while (!producer.askForSpace()) {
            if (hasRoom()) {
                return true;
            }
        }
        return false;
    }

    @Override
    public Map<String, Object> details() {
        Map<String, Object> details = new LinkedHashMap<>();
        details.put("peer", channel.peerName());
        details.put("peer_id", channel.peerId());
        details.put("peer_epoch", channel.peerEpoch());
        details.put("ring_capacity", producer.capacity());
        details.put("ring_used", channel.state() == ChannelState.CLOSED ? 0 : producer.usedBytes());
        for (ChannelCounter counter : ChannelCounter.values()) {
            details.put(counter.label().replace('-', '_'), channel.count(counter));
        }
        details.put("other_records", otherRecords);
        QuarantineReason reason = channel.quarantineReason();
        if (reason != null) {
            details.put("quarantine_reason", reason.label());
        }
        return details;
    }

    @Override
    public void close() {
        // The attachment closes the channel when it has told everyone.
    }

    /** The ring's next records as a place to land. */
    private final class RingLanding implements Landing {
        private final Space space = new Space(producer.buffer(), producer.address(), 0);
        /**
         * Bytes of cancelled records before the next one. They become padding only if a record behind them is kept;
         * else they are forgotten, so that a wrong guess costs the peer neither room nor a wake.
         */
        private int cancelled;

        @Override
        public @Nullable Space open() {
            cancelled = 0;
            int record = producer.claimBytes(RecordDescriptor.MAX_SPAN);
            if (record == RingProducer.FULL || isOverrun()) {
                return null;
            }
            int room = producer.contiguous();
            // The look at the peer's head may just have found it lying.
            if (room < RecordDescriptor.MAX_SPAN) {
                return null;
            }
            space.aim(record, room);
            return space;
        }

        @Override
        public void keep(FrameBatch batch, int index, long now) {
            if (cancelled > 0) {
                producer.publishPadding(cancelled);
                cancelled = 0;
            }
            publish(batch, index, now);
        }

        @Override
        public void cancel(FrameBatch batch, int index) {
            cancelled += Space.span(batch.frameLength(index));
        }
    }
}
