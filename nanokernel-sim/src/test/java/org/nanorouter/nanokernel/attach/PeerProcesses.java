// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.abi.AbiDescriptor;

/** Endpoints of a ring as processes of either language, at a nanokernel of two OSes. */
abstract class PeerProcesses {

    final long seed = Long.getLong("nanorouter.seed", System.nanoTime());
    private final List<Process> processes = new ArrayList<>();

    @TempDir
    Path directory;

    @BeforeEach
    void showSeed() {
        System.out.println(getClass().getSimpleName() + " seed=" + seed);
    }

    @AfterEach
    void endPeers() {
        processes.forEach(Process::destroyForcibly);
    }

    final TestNanokernel startedNanokernel() throws IOException {
        final TestNanokernel nanokernel = new TestNanokernel(directory, 2, AbiDescriptor.MIN_RING_CAPACITY);
        nanokernel.start(0);
        nanokernel.start(1);
        return nanokernel;
    }

    final Process peer(TestNanokernel nanokernel, String language, int os, String role, int count,
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

    static String outputOf(Process process) throws IOException, InterruptedException {
        final String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8).trim();
        assertThat(process.waitFor(30, TimeUnit.SECONDS)).as("ended: %s", output).isTrue();
        return output;
    }

    final String expected(int count, int start) {
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
