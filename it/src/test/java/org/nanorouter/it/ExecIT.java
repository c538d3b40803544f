// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static java.util.concurrent.TimeUnit.SECONDS;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.Reader;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;

/** Programs that the demonstration itself does not use, run by {@code exec} in an OS of one that stays up. */
@Tag("once")
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class ExecIT {
    private static final String SMALL_DATAGRAMS = "-u -b 0 -l 18";
    private static final String GUEST = "10.77.0.2";
    private static final String GUEST_IPV6 = "fd77::2";
    private static final int LIMIT_S = 60;

    private static StandingDemo demo;

    @BeforeAll
    static void startDemonstration() throws IOException {
        demo = StandingDemo.start();
    }

    @AfterAll
    static void endDemonstration() {
        if (demo != null) {
            demo.close();
        }
    }

    private static Map<String, String> environment() {
        return demo.environment();
    }

    private static Command nanorouter(String... words) {
        return demo.nanorouter(words);
    }

    private static List<String> exec(String os, String... words) {
        return demo.exec(os, words);
    }

    private static String host(String... words) {
        return demo.host(words);
    }

    private static String digest(String sum) {
        return sum.strip().split("\\s+")[0];
    }

    @Test
    @Order(1)
    void curlCarriesAFileThereAndBack() {
        Privilege.requireProgram("curl");
        String sent = host("sh", "-c", "head -c 3000000 /dev/urandom | tee /tmp/sent | sha256sum");
        host("curl", "-sS", "-T", "/tmp/sent", "ftp://guest:nanorouter@" + GUEST + "/curl");
        String back = host("sh", "-c", "curl -sS ftp://guest:nanorouter@" + GUEST + "/curl | sha256sum");
        assertThat(digest(back)).isEqualTo(digest(sent));
    }

    @Test
    @Order(1)
    void lftpFetchesWhatItSent() {
        Privilege.requireProgram("lftp");
        host("sh", "-c", "head -c 2000000 /dev/urandom > /tmp/lftp-sent");
        host("lftp", "-e", "set ssl:verify-certificate no; set ftp:ssl-allow no; set net:max-retries 1;"
                + " put /tmp/lftp-sent -o lftp; get lftp -o /tmp/lftp-back; bye",
                "-u", "guest,nanorouter", "ftp://" + GUEST);
        host("cmp", "/tmp/lftp-sent", "/tmp/lftp-back");
    }

    @Test
    @Order(1)
    void telnetShowsTheLogin() throws IOException {
        Privilege.requireProgram("telnet");
        Privilege.requireProgram("script");
        ProcessBuilder builder = new ProcessBuilder(
                exec("host", "timeout", "60", "script", "-qec", "telnet " + GUEST, "/dev/null"))
                .redirectErrorStream(true);
        builder.environment().putAll(environment());
        Process telnet = builder.start();
        StringBuilder seen = new StringBuilder();
        try (Reader output = telnet.inputReader()) {
            for (int c = output.read(); c >= 0 && !seen.toString().endsWith("login:"); c = output.read()) {
                seen.append((char) c);
            }
        } finally {
            telnet.descendants().forEach(ProcessHandle::destroyForcibly);
            telnet.destroyForcibly();
        }
        assertThat(seen).contains("Connected to").endsWith("login:");
    }

    @Test
    @Order(1)
    void pingsOfAnySizeAndBothProtocolsAreAnswered() {
        Privilege.requireProgram("ping");
        for (String address : List.of(GUEST, GUEST_IPV6)) {
            for (String size : List.of("56", "60000")) {
                assertThat(host("ping", "-n", "-c", "3", "-i", "0.2", "-W", "5", "-s", size, address))
                        .contains("3 received");
            }
        }
        assertThat(host("ping", "-6", "-n", "-c", "1", "-W", "5", GUEST_IPV6)).contains("1 received");
    }

    @Test
    @Order(1)
    void iperfRunsInBothDirections() throws Exception {
        Privilege.requireProgram("iperf3");
        for (String traffic : List.of("", "-R", SMALL_DATAGRAMS, SMALL_DATAGRAMS + " -R")) {
            ProcessBuilder builder = new ProcessBuilder(exec("guest", "iperf3", "-s", "-1", "--forceflush"))
                    .redirectErrorStream(true);
            builder.environment().putAll(environment());
            Process server = builder.start();
            try {
                BufferedReader reader = server.inputReader();
                String line = reader.readLine();
                while (line != null && !line.contains("listening")) {
                    line = reader.readLine();
                }
                Map<String, Object> result = JSON.std.mapFrom(host("sh", "-c",
                        "iperf3 -c " + GUEST + " -J -t 1 " + traffic));
                Map<?, ?> end = (Map<?, ?>) result.get("end");
                if (traffic.startsWith(SMALL_DATAGRAMS)) {
                    Map<?, ?> sum = (Map<?, ?>) end.get("sum");
                    assertThat(number(sum, "packets") - number(sum, "lost_packets")).as(traffic).isGreaterThan(1_000);
                } else {
                    assertThat(number((Map<?, ?>) end.get("sum_received"), "bytes")).as(traffic)
                            .isGreaterThan(1_000_000);
                }
                assertThat(server.waitFor(LIMIT_S, SECONDS)).isTrue();
            } finally {
                server.descendants().forEach(ProcessHandle::destroyForcibly);
                server.destroyForcibly();
            }
        }
    }

    private static Process begin(String os, String... words) throws IOException {
        ProcessBuilder builder = new ProcessBuilder(exec(os, words)).redirectErrorStream(true);
        builder.environment().putAll(environment());
        return builder.start();
    }

    private static String endOf(Process process) throws Exception {
        try {
            assertThat(process.waitFor(LIMIT_S, SECONDS)).isTrue();
            String said = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
            assertThat(process.exitValue()).as(said).isZero();
            return said.strip();
        } finally {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private static void awaitNamed(String name, String... list) {
        await().atMost(Duration.ofSeconds(LIMIT_S)).until(() -> JSON.std.listFrom(nanorouter(list).out()).stream()
                .anyMatch(entry -> name.equals(((Map<?, ?>) entry).get("name"))));
    }

    @Test
    @Order(1)
    void messagesCrossFromJavaToCAndBack() throws Exception {
        Process receiver = begin("guest", "nk-msg", "recv", "in-c", "1");
        awaitNamed("in-c", "msg", "ports", "-j");
        host("nanorouter", "msg", "send", "guest", "in-c", "hello");
        assertThat(endOf(receiver)).isEqualTo("hello");

        Process answering = begin("guest", "nanorouter", "msg", "recv", "in-java", "-n", "1");
        awaitNamed("in-java", "msg", "ports", "-j");
        assertThat(host("nk-msg", "ask", "guest", "in-java", "are you there").strip()).isEqualTo("are you there");
        assertThat(endOf(answering)).isEqualTo("are you there");
    }

    @Test
    @Order(1)
    void aProgramWaitsForOneOfAnotherOs() throws Exception {
        Process waiting = begin("guest", "nanorouter", "sync", "wait", "ready");
        awaitNamed("ready", "sync", "list", "-j");
        assertThat(host("nk", "sync", "list")).as("seen from another OS").contains("ready", "manual-event");
        host("nk", "sync", "post", "ready");
        assertThat(endOf(waiting)).isEmpty();
        Command late = Command.run(environment(), exec("host", "nanorouter", "sync", "wait", "-t", "1", "ready"));
        assertThat(late.status()).as(late.err()).isEqualTo(1);
        assertThat(nanorouter("sync").out().lines()).as("nobody has it any more").hasSize(1);
    }

    @Test
    @Order(1)
    void whatTheOsesShareIsShown() throws Exception {
        Map<?, ?> map = JSON.std.mapFrom(nanorouter("mem", "map", "-j").out());
        assertThat((List<?>) map.get("oses")).hasSize(2).allSatisfy(os -> {
            assertThat(number((Map<?, ?>) os, "region")).isPositive();
            assertThat(number((Map<?, ?>) os, "shared_limit")).isEqualTo(64 << 20);
        });
        assertThat(nanorouter("mem", "map").out()).contains("host", "guest", "64 MiB");
        Command dump = Command.run(environment(), exec("guest", "nanorouter", "mem", "dump", "host", "nothing"));
        assertThat(dump.status()).isEqualTo(69);
        assertThat(dump.err()).contains("no program of OS host has memory 'nothing'");
    }

    @Test
    @Order(2)
    void numbersOfStatusAgreeWithThoseOfTheKernel() {
        // What is just on its way, such as a neighbour's probe, is counted by one side only.
        await().atMost(Duration.ofSeconds(30)).ignoreExceptions().untilAsserted(() -> {
            List<Long> kernel = kernelCounters();
            Map<?, ?> router = router();
            Map<?, ?> tap = ((List<?>) router.get("ports")).stream().map(port -> (Map<?, ?>) port)
                    .filter(port -> "tap".equals(port.get("kind"))).findFirst().orElseThrow();
            assertThat(kernelCounters()).as("nothing crosses meanwhile").isEqualTo(kernel);
            assertThat(List.of(number(tap, "received_frames"), number(tap, "sent_frames")))
                    .as("received and sent frames").isEqualTo(kernel)
                    .allSatisfy(count -> assertThat(count).isGreaterThan(1000));
            assertThat(number(tap, "coalesced_frames")).as("datagrams that crossed in a large segment").isPositive();
            Map<?, ?> totals = (Map<?, ?>) router.get("totals");
            assertThat(number(totals, "received_frames"))
                    .isEqualTo(number(totals, "forwarded_frames") + number(totals, "dropped_frames"));
        });
    }

    /** What the kernel gave to the router's TAP and what it took, in frames. */
    private static List<Long> kernelCounters() throws IOException {
        List<Object> links = JSON.std.listFrom(host("ip", "-s", "-j", "link", "show", "dev", "nk0"));
        Map<?, ?> statistics = (Map<?, ?>) ((Map<?, ?>) links.get(0)).get("stats64");
        return List.of(number((Map<?, ?>) statistics.get("tx"), "packets"),
                number((Map<?, ?>) statistics.get("rx"), "packets"));
    }

    private static Map<?, ?> router() throws IOException {
        Command status = nanorouter("status", "-j");
        assertThat(status.status()).as(status.err()).isZero();
        return (Map<?, ?>) ((List<?>) JSON.std.mapFrom(status.out()).get("routers")).get(0);
    }

    private static long number(Map<?, ?> object, String key) {
        return ((Number) object.get(key)).longValue();
    }
}
