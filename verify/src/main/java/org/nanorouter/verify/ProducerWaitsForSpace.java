// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.verify;

import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * A producer asks for space in a full ring while the consumer gives it back: r1, the producer sleeps; r2, the consumer
 * rings. The stores are of space_wake_at and head, each followed by a full fence and a load of the other.
 */
@JCStressTest
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "The producer sleeps and is woken.")
@Outcome(id = "false, false", expect = Expect.ACCEPTABLE, desc = "The producer sees the room and goes on.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "Each saw the other: one doorbell too many.")
@Outcome(id = "true, false", expect = Expect.FORBIDDEN, desc = "A wakeup is lost.")
@State
public class ProducerWaitsForSpace {

    private final RingProducer producer;
    private final RingConsumer consumer;

    /** In the ring's second round, for at position 0 the wish is there from the beginning. */
    public ProducerWaitsForSpace() {
        final RegionPair regions = new RegionPair().joined().ringOfOneRecord(1)
            .cursors(2L * RegionPair.CAPACITY, RegionPair.CAPACITY);
        producer = regions.producer();
        consumer = regions.consumer();
        if (producer.claim(RegionPair.PAYLOAD_LENGTH) != RingProducer.FULL) {
            throw new IllegalStateException("the ring is not full");
        }
    }

    /** Is about to sleep. */
    @Actor
    public void produce(ZZ_Result result) {
        result.r1 = producer.askForSpace();
    }

    /** Empties the ring. */
    @Actor
    public void consume(ZZ_Result result) {
        RegionPair.look(consumer);
        consumer.advance();
        // The padding behind it.
        consumer.poll();
        consumer.release();
        result.r2 = consumer.needsSpaceDoorbell();
    }
}
