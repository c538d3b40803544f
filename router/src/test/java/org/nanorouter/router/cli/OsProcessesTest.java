// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class OsProcessesTest {
    @TempDir
    private Path proc;

    private void process(long pid, long ownPid, String children, String... words) throws IOException {
        Path own = Files.createDirectories(proc.resolve(Long.toString(pid)));
        Files.writeString(own.resolve("cmdline"), String.join("\0", words) + "\0");
        Files.writeString(own.resolve("status"), "Name:\tx\nNSpid:\t" + pid + "\t" + ownPid + "\n");
        Files.writeString(Files.createDirectories(own.resolve("task/" + pid)).resolve("children"), children);
    }

    @BeforeEach
    void makeCell() throws IOException {
        String main = Nanorouter.class.getName();
        process(100, 1, "101 102 103 ", "nk-cell", "--name", "host");
        process(101, 2, "", "/java", "-cp", "x", main, "run", "-c", "router.toml");
        process(102, 3, "", "/java", "-cp", "x", main, "run", "--standby");
        process(103, 4, "104 ", "/bin/sh", "-c", "y");
        process(104, 5, "", "/opt/native/nk-agent");
    }

    @Test
    void rolesFollowFromWhatTheRouterSaysInItsOwnNumbers() {
        List<Map<String, Object>> tree =
                new OsProcesses(proc, Map.of("pid", 3, "standbys", List.of(2))).of(100);
        assertThat(tree).singleElement().satisfies(init -> {
            assertThat(init).containsEntry("role", "init").containsEntry("pid", 100L);
            assertThat(Reply.objects(init, "children").stream().map(each -> Reply.text(each, "role")))
                    .containsExactly("standby", "leader", "service");
            Map<?, ?> shell = Reply.objects(init, "children").get(2);
            assertThat(Reply.objects(shell, "children")).singleElement()
                    .satisfies(agent -> assertThat(String.valueOf(agent)).contains("role=agent"));
        });
    }

    @Test
    void processThatIsItsOwnChildIsShownOnce() throws IOException {
        process(200, 1, "201 ", "a");
        process(201, 2, "200 201 ", "b");
        assertThat(new OsProcesses(proc, Map.of()).of(200).toString()).containsOnlyOnce("pid=201");
        assertThat(new OsProcesses(proc, Map.of()).of(0)).isEmpty();
        assertThat(new OsProcesses(proc, Map.of()).of(999)).isEmpty();
    }
}
