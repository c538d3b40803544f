// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** The TAP's queue under more small datagrams than the other side takes, in a cell: there rights are an OS's own. */
@Timeout(180)
@Tag("once")
class FloodIT {
    private static final Pattern QUEUE = Pattern.compile(" qlen ([0-9]+)");
    private static final Duration PATIENCE = Duration.ofSeconds(60);

    @TempDir
    private Path directory;
    private RunningKernel kernel;
    private final List<Process> processes = new ArrayList<>();

    @BeforeEach
    void start() throws Exception {
        Privilege.requireRoot();
        Privilege.requireTun();
        Privilege.requireProgram("iperf3");
        String config = "[machine]\nheartbeat = { deadline = \"60 s\" }\n";
        kernel = RunningKernel.start(directory,
                config + RunningKernel.agent("host", 1) + RunningKernel.agent("guest", 2));
        kernel.awaitState("host", "running");
        kernel.awaitState("guest", "running");
    }

    @AfterEach
    void end() throws Exception {
        for (Process process : processes) {
            RunningKernel.kill(process);
        }
        if (kernel != null) {
            kernel.close();
            kernel.awaitNothingLeft();
        }
    }

    private Process inside(String os, String... words) throws Exception {
        Process process = new ProcessBuilder(kernel.entering(os, words)).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
        processes.add(process);
        return process;
    }

    private int queue(String os) throws Exception {
        Matcher queue = QUEUE.matcher(kernel.inside(os, "ip", "link", "show", "nk0").out());
        return queue.find() ? Integer.parseInt(queue.group(1)) : 0;
    }

    private void awaitQueue(String os, int length) {
        await("queue of " + os + " is " + length).atMost(PATIENCE).pollInterval(Duration.ofMillis(100))
                .until(() -> queue(os) == length);
    }

    @Test
    void theQueueIsShortForAsLongAsTheFloodLasts() throws Exception {
        awaitQueue("host", 1000);
        inside("guest", "iperf3", "-s", "-1");
        await().atMost(PATIENCE).until(() -> kernel.inside("guest", "ss", "-Hltn").out().contains(":5201"));
        Process flood = inside("host", "iperf3", "-u", "-l", "16", "-b", "0", "-t", "120", "-c", "10.77.0.2");
        awaitQueue("host", 128);
        RunningKernel.kill(flood);
        awaitQueue("host", 1000);
    }
}
