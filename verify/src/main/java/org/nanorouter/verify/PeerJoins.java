// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.verify;

import org.nanorouter.nanokernel.ring.RingConsumer;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.J_Result;

/**
 * A consumer in a new epoch polls while the producer, which still has a record for the epoch before, joins and
 * publishes: r1, what the consumer read.
 */
@JCStressTest
@Outcome(id = "-1", expect = Expect.ACCEPTABLE, desc = "Nothing of the new epoch yet.")
@Outcome(id = "7", expect = Expect.ACCEPTABLE, desc = "The record of the new epoch.")
@Outcome(expect = Expect.FORBIDDEN, desc = "The old epoch's record, or a false quarantine.")
@State
public class PeerJoins {

    private final RegionPair regions;
    private final RingConsumer consumer;

    /** The producer's cursors hold for the epoch before. */
    public PeerJoins() {
        regions = new RegionPair();
        regions.region0.adoptPeer(1, RegionPair.EPOCH_OF_1 - 1);
        regions.region1.adoptPeer(0, RegionPair.EPOCH_OF_0);
        RegionPair.send(regions.producer(), 1);
        consumer = regions.consumer();
    }

    /** Joins and publishes. */
    @Actor
    public void produce() {
        regions.region0.adoptPeer(1, RegionPair.EPOCH_OF_1);
        RegionPair.send(regions.producer(), 7);
    }

    /** Polls once. */
    @Actor
    public void consume(J_Result result) {
        result.r1 = RegionPair.look(consumer);
    }
}
