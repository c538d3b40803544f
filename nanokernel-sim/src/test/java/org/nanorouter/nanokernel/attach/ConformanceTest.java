// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nanorouter.nanokernel.abi.AbiDescriptor;
import org.nanorouter.nanokernel.abi.CursorDescriptor;

/**
 * One suite for both implementations of the ring, across processes: each of Java and C produces for each of Java and C,
 * over regions and doorbells that came through the attach socket.
 */
class ConformanceTest {

    private static final int COUNT = 20_000;
    private static final int PAIRINGS = 4;
    /** Seconds of stress, all pairings together. */
    private static final int STRESS_SECONDS = Integer.getInteger("nanorouter.stress.seconds", 30);
    /** Records of a run in which endpoints are killed: more than they get through meanwhile, two of C many more. */
    private static final int LONG_COUNT = 30_000;
    private static final int LONG_COUNT_IN_C = 400_000;
    private static final int KILLS = 4;
    private static final int LIFE_MICROSECONDS = 20_000;

    private final long seed = Long.getLong("nanorouter.seed", System.nanoTime());
    private final List<Process> processes = new ArrayList<>();

    @TempDir
    Path directory;

    @AfterEach
    void endPeers() {
        processes.forEach(Process::destroyForcibly);
    }

    @ParameterizedTest(name = "{0} produces, {1} consumes")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void everyRecordArrivesInOrderAndWhole(String producer, String consumer) throws Exception {
        System.out.println("ConformanceTest seed=" + seed);
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

    @ParameterizedTest(name = "{0} produces and is killed, {1} consumes")
    @CsvSource({"java,java", "java,c", "c,java", "c,c"})
    void aProducerThatIsKilledTakesOneRecordWithItAtMost(String producer, String consumer) throws Exception {
        System.out.println("ConformanceTest seed=" + seed);
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
        System.out.println("ConformanceTest seed=" + seed);
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

    @ParameterizedTest(name = "{0} produces and is restarted, {1} consumes")
    @CsvSource({"java,c", "c,java"})
    void aRestartedProducerGoesOnInItsEpoch(String producer, String consumer) throws Exception {
        System.out.println("ConformanceTest seed=" + seed);
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
        System.out.println("ConformanceTest seed=" + seed);
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
        System.out.println("ConformanceTest seed=" + seed);
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

    private TestNanokernel startedNanokernel() throws IOException {
        final TestNanokernel nanokernel = new TestNanokernel(directory, 2, AbiDescriptor.MIN_RING_CAPACITY);
        nanokernel.start(0);
        nanokernel.start(1);
        return nanokernel;
    }

    private Process peer(TestNanokernel nanokernel, String language, int os, String role, int count,
        String... startAndGaps) throws IOException {
        final List<String> command = new ArrayList<>();
        if (language.equals("java")) {
            command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
            ManagementFactory.getRuntimeMXBean().getInputArguments().stream()
                .filter(option -> option.contains("native-access")).forEach(command::add);
            command.addAll(List.of("-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-Xmx64m",
                "-Dnanorouter.native=" + System.getProperty("nanorouter.native"),
                "-cp", System.getProperty("java.class.path"), RingPeer.class.getName()));
        } else {
            command.add(Path.of(System.getProperty("nanorouter.native"), "nk-ring-peer").toString());
        }
        command.addAll(List.of(nanokernel.socket(os).toString(), TestNanokernel.name(os),
            nanokernel.tokenFile(os).toString(), role, Integer.toString(count), Long.toUnsignedString(seed)));
        command.addAll(List.of(startAndGaps));
        final Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
        processes.add(process);
        return process;
    }

    private static String outputOf(Process process) throws IOException, InterruptedException {
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ended: %s", output).isTrue();
        return output;
    }

    private String expected(int count, int start) {
        final RingPeer.Lengths lengths = new RingPeer.Lengths(seed);
        final CRC32 crc = new CRC32();
        for (long sequence = 0; sequence < start + count; sequence++) {
            final byte[] payload = new byte[lengths.length()];
            for (int i = 0; i < payload.length; i++) {
                payload[i] = RingPeer.payload(sequence, i);
            }
            if (sequence >= start) {
                crc.update(payload);
            }
        }
        return String.format(Locale.ROOT, "ok %d %08x", count, crc.getValue());
    }
}
