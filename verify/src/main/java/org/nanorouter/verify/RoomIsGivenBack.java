// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.verify;

import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JZ_Result;

/**
 * A producer claims room in a full ring, and writes there, while the consumer reads the record that lies there and
 * gives it back: r1, what the consumer read; r2, whether the producer had room.
 */
@JCStressTest
@Outcome(id = "1, false", expect = Expect.ACCEPTABLE, desc = "The room is not given back yet.")
@Outcome(id = "1, true", expect = Expect.ACCEPTABLE, desc = "The producer writes behind the consumer.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The consumer read what was written after it gave the room back.")
@State
public class RoomIsGivenBack {

    private final RingProducer producer;
    private final RingConsumer consumer;

    /** Both begin with a full ring. */
    public RoomIsGivenBack() {
        final RegionPair regions = new RegionPair().joined().ringOfOneRecord(1)
            .cursors(2L * RegionPair.CAPACITY, RegionPair.CAPACITY);
        producer = regions.producer();
        consumer = regions.consumer();
    }

    /** Writes if there is room. */
    @Actor
    public void produce(JZ_Result result) {
        result.r2 = RegionPair.send(producer, 7);
    }

    /** Reads, then gives all back. */
    @Actor
    public void consume(JZ_Result result) {
        result.r1 = RegionPair.look(consumer);
        consumer.advance();
        // The padding behind it.
        consumer.poll();
        consumer.release();
    }
}
