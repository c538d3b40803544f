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
 * A consumer asks for a doorbell while the producer publishes: r1, the producer rings; r2, the consumer goes on. The
 * stores are of tail and wake_at, each followed by a full fence and a load of the other.
 */
@JCStressTest
@Outcome(id = "true, false", expect = Expect.ACCEPTABLE, desc = "The consumer sleeps and is woken.")
@Outcome(id = "false, true", expect = Expect.ACCEPTABLE, desc = "The consumer sees the record and goes on.")
@Outcome(id = "true, true", expect = Expect.ACCEPTABLE, desc = "Each saw the other: one doorbell too many.")
@Outcome(id = "false, false", expect = Expect.FORBIDDEN, desc = "A wakeup is lost.")
@State
public class ConsumerSleeps {

    private final RingProducer producer;
    private final RingConsumer consumer;

    /** Past the first record, for at its position the wish is there from the beginning. */
    public ConsumerSleeps() {
        final RegionPair regions = new RegionPair().joined();
        producer = regions.producer();
        consumer = regions.consumer();
        RegionPair.send(producer, 1);
        producer.needsDoorbell();
        RegionPair.look(consumer);
        consumer.advance();
        consumer.release();
    }

    /** Publishes. */
    @Actor
    public void produce(ZZ_Result result) {
        RegionPair.send(producer, 2);
        result.r1 = producer.needsDoorbell();
    }

    /** Is about to sleep. */
    @Actor
    public void consume(ZZ_Result result) {
        result.r2 = consumer.askForWake();
    }
}
