// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.BufferedReader;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.IntStream;
import org.awaitility.core.ConditionTimeoutException;

/** A ping every 2 ms from one OS, and what came back of it. */
final class EchoStream {
    private static final Duration PATIENCE = Duration.ofSeconds(60);
    private static final Pattern ECHO = Pattern.compile("\\[([0-9.]+)\\].*icmp_seq=([0-9]+)");

    private final Process ping;
    private final NetCounters counters;
    private final Supplier<String> whereItWasLost;
    private final Thread reader;
    private final List<Double> times = new ArrayList<>();
    private final BitSet answered = new BitSet();
    private final CountDownLatch first = new CountDownLatch(1);

    /**
     * Begins to read.
     *
     * @param ping           a {@code ping -D} that nsenter(1) has started in an OS
     * @param osPid          a process of that OS
     * @param whereItWasLost what is to be told with an echo that does not come back
     */
    EchoStream(Process ping, long osPid, Supplier<String> whereItWasLost) {
        this.ping = ping;
        this.counters = new NetCounters(osPid);
        this.whereItWasLost = whereItWasLost;
        this.reader = new Thread(this::read, "echoes");
        reader.start();
    }

    private void read() {
        try (BufferedReader output = ping.inputReader()) {
            for (String line = output.readLine(); line != null; line = output.readLine()) {
                Matcher echo = ECHO.matcher(line);
                if (echo.find()) {
                    times.add(Double.parseDouble(echo.group(1)));
                    // An echo may come twice: what was written and not given back is written again.
                    answered.set(Integer.parseInt(echo.group(2)));
                    first.countDown();
                }
            }
        } catch (IOException e) {
            throw new IllegalStateException(e);
        }
    }

    /** Sends no more, and returns once every echo that was sent has come back, so that none is under way. */
    void pause() throws InterruptedException {
        assertThat(first.await(PATIENCE.toSeconds(), TimeUnit.SECONDS)).as("a first echo").isTrue();
        RunningKernel.stop(ping);
        try {
            await("every echo that was sent comes back").atMost(PATIENCE).pollInterval(Duration.ofMillis(2))
                    .until(() -> counters.of("Icmp", "InEchoReps") >= counters.of("Icmp", "OutEchos"));
        } catch (ConditionTimeoutException e) {
            throw new AssertionError(e.getMessage() + whereItWasLost.get(), e);
        }
    }

    /** Sends again. */
    void resume() {
        RunningKernel.resume(ping);
    }

    /** Ends it. */
    void end() throws InterruptedException {
        RunningKernel.kill(ping);
        reader.join();
    }

    /** After the end: the longest pauses, in milliseconds, ascending. */
    double[] pauses(int count) {
        double[] gaps = new double[times.size() - 1];
        for (int i = 0; i < gaps.length; i++) {
            gaps[i] = (times.get(i + 1) - times.get(i)) * 1_000;
        }
        Arrays.sort(gaps);
        return Arrays.copyOfRange(gaps, gaps.length - count, gaps.length);
    }

    /** After the end: the numbers of those that did not come back, though a later one did. */
    List<Integer> lost() {
        return IntStream.range(1, answered.length()).filter(number -> !answered.get(number)).boxed().toList();
    }
}
