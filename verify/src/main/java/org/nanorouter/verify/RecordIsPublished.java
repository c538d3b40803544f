// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.verify;

import org.nanorouter.nanokernel.ring.RingConsumer;
import org.nanorouter.nanokernel.ring.RingProducer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.JJJ_Result;

/** A consumer polls while the producer publishes its second record: r1, payload; r2, sequence number; r3, length. */
@JCStressTest
@Outcome(id = "-1, 0, 0", expect = Expect.ACCEPTABLE, desc = "Nothing there yet.")
@Outcome(id = "7, 1, 8", expect = Expect.ACCEPTABLE, desc = "The whole record.")
@Outcome(expect = Expect.FORBIDDEN, desc = "A record of which a part is missing, or a false quarantine.")
@State
public class RecordIsPublished {

    private final RingProducer producer;
    private final RingConsumer consumer;

    /** Past the first record, whose sequence number is 0 as the memory is. */
    public RecordIsPublished() {
        final RegionPair regions = new RegionPair().joined();
        producer = regions.producer();
        consumer = regions.consumer();
        RegionPair.send(producer, 1);
        RegionPair.look(consumer);
        consumer.advance();
        consumer.release();
    }

    /** Publishes. */
    @Actor
    public void produce() {
        RegionPair.send(producer, 7);
    }

    /** Polls once. */
    @Actor
    public void consume(JJJ_Result result) {
        result.r1 = RegionPair.look(consumer);
        if (result.r1 >= 0) {
            result.r2 = consumer.sequence();
            result.r3 = consumer.length();
        }
    }
}
