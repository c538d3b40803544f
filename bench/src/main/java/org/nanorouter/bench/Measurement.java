// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.BufferedReader;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Takes every {@link Figure} of one wire with iperf3 and ping. Used by one thread. */
final class Measurement {
    private static final int PINGS = 1000;
    private static final int WARM_UP_SECONDS = 3;
    private static final String[] SMALL_PACKETS = {"--udp", "--bitrate", "0", "--length", "18"};
    private static final int USER_HZ = 100;
    private static final Pattern PING_TIME = Pattern.compile("time=([0-9.]+) ms");

    private final Wire wire;
    private final int seconds;
    private final String[] tcp;
    private final EnumMap<Figure, Double> figures = new EnumMap<>(Figure.class);

    private Measurement(Wire wire, int seconds, String congestion) {
        this.wire = wire;
        this.seconds = seconds;
        this.tcp = new String[] {"--congestion", congestion};
    }

    /**
     * Measures once.
     *
     * @param seconds that every run of iperf3 lasts
     * @param congestion the congestion control of TCP, as in tcp(7)
     */
    static Map<Figure, Double> take(Wire wire, int seconds, String congestion)
            throws IOException, InterruptedException {
        Measurement measurement = new Measurement(wire, seconds, congestion);
        measurement.connectUnpaced();
        measurement.warmUp();
        measurement.tcp();
        measurement.udp();
        measurement.ping();
        return measurement.figures;
    }

    /**
     * Lets connections begin with reno, which any namespace may have. iperf3 sets the asked congestion control only
     * after it has connected, and a connection that began with bbr, the default of some machines, stays paced for
     * good: sk_pacing_status in linux/net/ipv4/tcp_bbr.c. Its timers took a sixth of the sender's time.
     */
    private void connectUnpaced() throws IOException, InterruptedException {
        String[] command = {"sh", "-c", "echo reno > /proc/sys/net/ipv4/tcp_congestion_control"};
        Programs.run(wire.onA(command));
        Programs.run(wire.onB(command));
    }

    /** What is measured is a wire that has been in use: caches filled, code compiled, queues at their working size. */
    private void warmUp() throws IOException, InterruptedException {
        iperf(WARM_UP_SECONDS, tcp);
        iperf(WARM_UP_SECONDS, SMALL_PACKETS);
    }

    private void tcp() throws IOException, InterruptedException {
        double busyBefore = busySeconds();
        Map<?, ?> forward = child(iperf(seconds, tcp), "sum_received");
        Map<?, ?> reverse = child(iperf(seconds, tcp[0], tcp[1], "--reverse"), "sum_received");
        double busy = busySeconds() - busyBefore;
        figures.put(Figure.TCP, number(forward, "bits_per_second") / 1e9);
        figures.put(Figure.TCP_REVERSE, number(reverse, "bits_per_second") / 1e9);
        figures.put(Figure.CPU, busy / ((number(forward, "bytes") + number(reverse, "bytes")) / 1e9));
    }

    private void udp() throws IOException, InterruptedException {
        Map<?, ?> sum = child(iperf(seconds, SMALL_PACKETS), "sum");
        figures.put(Figure.UDP, (number(sum, "packets") - number(sum, "lost_packets")) / number(sum, "seconds"));
    }

    private void ping() throws IOException, InterruptedException {
        String output = Programs.run(wire.onA("ping", "-i", "0.002", "-c", String.valueOf(PINGS), wire.addressB()));
        List<Double> times = new ArrayList<>();
        Matcher matcher = PING_TIME.matcher(output);
        while (matcher.find()) {
            times.add(Double.parseDouble(matcher.group(1)) * 1000);
        }
        Collections.sort(times);
        figures.put(Figure.PING_MEDIAN, times.get(times.size() / 2));
        figures.put(Figure.PING_P99, times.get(times.size() * 99 / 100));
    }

    private Map<?, ?> iperf(int duration, String... options) throws IOException, InterruptedException {
        Process server = new ProcessBuilder(Programs.mortal(wire.onB("iperf3", "-s", "-1", "--forceflush")))
                .redirectErrorStream(true).start();
        try {
            BufferedReader lines = server.inputReader();
            for (String line = lines.readLine(); line == null || !line.contains("listening");) {
                if (line == null) {
                    throw new Programs.ProgramException("iperf3 -s ended before it listened");
                }
                line = lines.readLine();
            }
            List<String> client = new ArrayList<>(wire.onA("iperf3", "-c", wire.addressB(), "-J",
                    "-t", String.valueOf(duration)));
            client.addAll(List.of(options));
            Map<?, ?> result = JSON.std.mapFrom(Programs.run(client));
            if (result.get("error") instanceof String error) {
                throw new Programs.ProgramException("iperf3: " + error);
            }
            return child(result, "end");
        } finally {
            Programs.end(server);
        }
    }

    /** Seconds that all processors together were not idle since boot; proc(5), /proc/stat. */
    private static double busySeconds() throws IOException {
        String[] cpu = Files.readAllLines(Path.of("/proc/stat")).get(0).trim().split("\\s+");
        long busy = 0;
        for (int field = 1; field <= 8; field++) {
            boolean idle = field == 4 || field == 5;
            busy += idle ? 0 : Long.parseLong(cpu[field]);
        }
        return (double) busy / USER_HZ;
    }

    private static Map<?, ?> child(Map<?, ?> map, String key) throws IOException {
        if (map.get(key) instanceof Map<?, ?> child) {
            return child;
        }
        throw new Programs.ProgramException("iperf3 reported no " + key);
    }

    private static double number(Map<?, ?> map, String key) throws IOException {
        if (map.get(key) instanceof Number number) {
            return number.doubleValue();
        }
        throw new Programs.ProgramException("iperf3 reported no " + key);
    }
}
