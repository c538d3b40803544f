// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.time.Duration;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nanorouter.nanokernel.abi.CursorDescriptor;

/** Endpoints of either language are killed again and again, and their successors go on from their cursors. */
class KilledPeerTest extends PeerProcesses {

    /** Records of a run in which endpoints are killed: more than they get through meanwhile, two of C many more. */
    private static final int LONG_COUNT = 30_000;
    private static final int LONG_COUNT_IN_C = 400_000;
    private static final int KILLS = 4;
    private static final int LIFE_MICROSECONDS = 20_000;

    @ParameterizedTest(name = "{0} produces and is killed, {1} consumes")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void aProducerThatIsKilledTakesOneRecordWithItAtMost(String producer, String consumer) throws Exception {
        final int count = longCount(producer, consumer);
        try (TestNanokernel nanokernel = startedNanokernel()) {
            final Process to = peer(nanokernel, consumer, 1, "consume", count, "0", Integer.toString(KILLS));
            final String last = killAgainAndAgain(nanokernel, 0, CursorDescriptor.TAIL_OFFSET, () -> {
                final long start = nanokernel.cursor(0, 1, CursorDescriptor.NEXT_SEQUENCE_OFFSET);
                return peer(nanokernel, producer, 0, "produce", count - (int) start, Long.toString(start));
            });
            assertThat(last).startsWith("ok ");
            assertThat(outputOf(to)).matches("ok " + count + " [0-9a-f]{8} missing [0-" + KILLS + "]");
        }
    }

    @ParameterizedTest(name = "{0} produces, {1} consumes and is killed")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void aConsumerThatIsKilledLosesNothing(String producer, String consumer) throws Exception {
        final int count = longCount(producer, consumer);
        try (TestNanokernel nanokernel = startedNanokernel()) {
            final Process from = peer(nanokernel, producer, 0, "produce", count, "0");
            final String last = killAgainAndAgain(nanokernel, 1, CursorDescriptor.HEAD_OFFSET,
                () -> peer(nanokernel, consumer, 1, "consume", count, "any", "0"));
            assertThat(last).matches("ok " + count + " [0-9a-f]{8} missing 0");
            assertThat(outputOf(from)).isEqualTo(expected(count, 0));
        }
    }

    private static int longCount(String producer, String consumer) {
        return producer.equals("c") && consumer.equals("c") ? LONG_COUNT_IN_C : LONG_COUNT;
    }

    /**
     * Starts an endpoint, kills it a moment after it moved its cursor, and starts the next one in the same epoch.
     *
     * @return what the last one said, which was left alive or was done before it could be killed
     */
    private String killAgainAndAgain(TestNanokernel nanokernel, int os, int cursor, Callable<Process> endpoints)
        throws Exception {
        final SplittableRandom random = new SplittableRandom(seed);
        for (int kill = 0; kill < KILLS; kill++) {
            final long before = nanokernel.cursor(os, 1 - os, cursor);
            final Process endpoint = endpoints.call();
            await().pollInterval(Duration.ofMillis(1)).atMost(Duration.ofSeconds(30))
                .until(() -> nanokernel.cursor(os, 1 - os, cursor) != before);
            if (endpoint.waitFor(random.nextInt(LIFE_MICROSECONDS), TimeUnit.MICROSECONDS)) {
                assertThat(kill).as("endpoints that were killed").isPositive();
                return outputOf(endpoint);
            }
            endpoint.destroyForcibly().waitFor();
        }
        return outputOf(endpoints.call());
    }
}
