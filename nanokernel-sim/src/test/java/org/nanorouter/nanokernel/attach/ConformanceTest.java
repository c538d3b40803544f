// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nanorouter.nanokernel.abi.AbiDescriptor;

/**
 * One suite for both implementations of the ring, across processes: each of Java and C produces for each of Java and C,
 * over regions and doorbells that came through the attach socket.
 */
class ConformanceTest extends PeerProcesses {

    private static final int COUNT = 20_000;
    private static final int PAIRINGS = 4;
    /** Seconds of stress, all pairings together. */
    private static final int STRESS_SECONDS = Integer.getInteger("nanorouter.stress.seconds", 30);

    @ParameterizedTest(name = "{0} produces, {1} consumes")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void everyRecordArrivesInOrderAndWhole(String producer, String consumer) throws Exception {
        final long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(STRESS_SECONDS) / PAIRINGS;
        final String expected = expected(COUNT, 0);
        int rounds = 0;
        try (TestNanokernel nanokernel = startedNanokernel()) {
            do {
                final Process to = peer(nanokernel, consumer, 1, "consume", COUNT, "0");
                final Process from = peer(nanokernel, producer, 0, "produce", COUNT, "0");
                assertThat(outputOf(from)).isEqualTo(expected);
                assertThat(outputOf(to)).isEqualTo(expected);
                for (int os = 0; os < 2; os++) {
                    nanokernel.stop(os);
                    nanokernel.start(os);
                }
                rounds++;
            } while (System.nanoTime() < end);
        }
        System.out.println("  " + producer + " to " + consumer + ": " + rounds + " times " + COUNT + " records");
    }

    @ParameterizedTest(name = "{0} produces and is restarted, {1} consumes")
    @CsvSource({"java,c", "c,java"})
    void aRestartedProducerGoesOnInItsEpoch(String producer, String consumer) throws Exception {
        try (TestNanokernel nanokernel = startedNanokernel()) {
            final Process to = peer(nanokernel, consumer, 1, "consume", 2000, "0");
            assertThat(outputOf(peer(nanokernel, producer, 0, "produce", 700, "0"))).isEqualTo(expected(700, 0));
            assertThat(outputOf(peer(nanokernel, producer, 0, "produce", 1300, "700"))).isEqualTo(expected(1300, 700));
            assertThat(outputOf(to)).isEqualTo(expected(2000, 0));
        }
    }

    @ParameterizedTest(name = "{0} produces, {1} consumes and is restarted")
    @CsvSource({"java,c", "c,java"})
    void aRestartedConsumerGoesOnInItsEpoch(String producer, String consumer) throws Exception {
        try (TestNanokernel nanokernel = startedNanokernel()) {
            final Process from = peer(nanokernel, producer, 0, "produce", 2000, "0");
            assertThat(outputOf(peer(nanokernel, consumer, 1, "consume", 700, "0"))).isEqualTo(expected(700, 0));
            assertThat(outputOf(peer(nanokernel, consumer, 1, "consume", 1300, "700"))).isEqualTo(expected(1300, 700));
            assertThat(outputOf(from)).isEqualTo(expected(2000, 0));
        }
    }

    @ParameterizedTest(name = "{0} against {1}")
    @CsvSource({"java,c", "c,java"})
    void aPeerInItsNextEpochStartsFromNothing(String surviving, String restarted) throws Exception {
        try (TestNanokernel nanokernel = startedNanokernel()) {
            final Process to = peer(nanokernel, restarted, 1, "consume", 500, "0");
            assertThat(outputOf(peer(nanokernel, surviving, 0, "produce", 500, "0"))).isEqualTo(expected(500, 0));
            assertThat(outputOf(to)).isEqualTo(expected(500, 0));
            nanokernel.stop(1);
            nanokernel.start(1);
            final Process again = peer(nanokernel, restarted, 1, "consume", 400, "0");
            assertThat(outputOf(peer(nanokernel, surviving, 0, "produce", 400, "0"))).isEqualTo(expected(400, 0));
            assertThat(outputOf(again)).isEqualTo(expected(400, 0));
        }
    }

    @Test
    void bothSidesHaveTheSameLengthsFromASeed() {
        final RingPeer.Lengths lengths = new RingPeer.Lengths(1);
        int longest = 0;
        for (int i = 0; i < 10_000; i++) {
            longest = Math.max(longest, lengths.length());
        }
        assertThat(longest).isBetween(60_000, AbiDescriptor.MAX_PAYLOAD);
    }
}
