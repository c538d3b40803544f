// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** What status, topology and doctor show of machines that run, whole and in part. */
@Timeout(120)
@Tag("once")
class LookIT {
    @TempDir
    private Path directory;
    private Path base;

    @BeforeEach
    void needs() {
        Privilege.requireRoot();
        Privilege.requireTun();
        base = directory.resolve("run");
    }

    private Command nanorouter(Map<String, String> environment, String... words) {
        List<String> command = new ArrayList<>(List.of(Privilege.requireDist().toString()));
        command.addAll(List.of(words));
        Map<String, String> all = new HashMap<>(environment);
        all.put("NANOROUTER_RUN", base.toString());
        return Command.run(all, command);
    }

    private Map<String, Object> json(String... words) throws IOException {
        Command command = nanorouter(Map.of(), words);
        assertThat(command.status()).as(command.err()).isZero();
        return JSON.std.mapFrom(command.out());
    }

    private static Map<?, ?> at(Object list, int index) {
        return (Map<?, ?>) ((List<?>) list).get(index);
    }

    @Test
    void machineWithoutARouterIsShownWholeAndAFailedOsHasItsHint() throws Exception {
        try (RunningKernel kernel = RunningKernel.start(directory,
                RunningKernel.agent("os1", 1) + RunningKernel.agent("os2", 2))) {
            kernel.awaitState("os1", "running");
            kernel.awaitState("os2", "running");
            Map<String, Object> status = json("status", "-j");
            assertThat(status).containsOnlyKeys("nanokernel", "oses", "routers", "events", "hints");
            assertThat((List<?>) status.get("routers")).isEmpty();
            assertThat((List<?>) status.get("hints")).isEmpty();
            assertThat(((Map<?, ?>) status.get("nanokernel")).get("pid")).isEqualTo((int) kernel.process.pid());
            assertThat(String.valueOf(at(status.get("oses"), 0).get("processes"))).contains("role=agent");

            Map<String, Object> topology = json("topology", "-j");
            assertThat(at(topology.get("edges"), 0).get("state")).isEqualTo("open");
            assertThat(String.valueOf(topology.get("nodes"))).contains("10.77.0.1/24", "10.77.0.2/24", "nk-agent");
            assertThat(String.valueOf(json("doctor", "-j").get("checks"))).contains("1500: os1:nk0 os2:nk0");

            ProcessHandle.of(kernel.pid("os2")).orElseThrow().destroyForcibly();
            kernel.awaitState("os2", "panicked");
            Command narrow = nanorouter(Map.of("COLUMNS", "40", "LC_ALL", "C"), "status");
            assertThat(narrow.out()).contains("x os2: panicked", "    nanorouter os start os2\n")
                    .matches("[\\x20-\\x7e\\n]*");
            // Commands and paths stay whole, so that they can be copied.
            assertThat(narrow.out().lines().filter(line -> !line.startsWith("    nanorouter ") && !line.contains("/")))
                    .allSatisfy(line -> assertThat(line.length()).isLessThanOrEqualTo(40));
            assertThat((List<?>) json("status", "os1", "-j").get("oses")).hasSize(1);
            assertThat(nanorouter(Map.of(), "status", "none").status()).isEqualTo(69);
        }
    }

    @Test
    void routerWhoseNanokernelIsGoneIsShownAlone() throws Exception {
        Path os = base.resolve("default/os/host");
        Path file = Files.writeString(directory.resolve("router.toml"), """
                [attach]
                socket = "%s/attach.sock"
                os = "host"
                token_file = "%s/token"
                [control]
                socket = "%s/router.sock"
                [[port]]
                name = "peers"
                kind = "channel"
                """.formatted(os, os, os));
        Process router = null;
        try (RunningKernel kernel = RunningKernel.start(directory, "[[os]]\nname = \"host\"\nkind = \"external\"\n")) {
            await().atMost(30, TimeUnit.SECONDS).until(() -> Files.exists(os.resolve("attach.sock")));
            router = new ProcessBuilder(Privilege.requireDist().toString(), "run", "-c", file.toString())
                    .redirectErrorStream(true).redirectOutput(directory.resolve("router.log").toFile()).start();
            kernel.awaitState("host", "running");
            assertThat((List<?>) json("status", "-j").get("hints")).isEmpty();
            kernel.process.destroyForcibly().waitFor();
            await().atMost(30, TimeUnit.SECONDS).untilAsserted(() -> {
                Map<String, Object> status = json("status", "-j");
                assertThat(status.get("nanokernel")).isNull();
                assertThat(at(status.get("routers"), 0).get("nanokernel")).isEqualTo("lost");
                assertThat(String.valueOf(status.get("hints"))).contains("nanorouter kernel -c machine.toml");
            });
        } finally {
            if (router != null) {
                router.destroy();
                router.waitFor();
            }
        }
    }
}
