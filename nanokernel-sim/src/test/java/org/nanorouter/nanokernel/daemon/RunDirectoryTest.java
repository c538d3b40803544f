// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.cell.FileTree;
import org.nanorouter.nanokernel.control.ControlServer;

class RunDirectoryTest {
    @TempDir
    private Path temporary;

    @Test
    void theBaseIsTheVariablesElseRunElseTheUsersRuntimeDirectoryElseTmp() {
        assertThat(RunDirectory.base(Map.of("NANOROUTER_RUN", "/a/../b"), 0)).isEqualTo(Path.of("/b"));
        assertThat(RunDirectory.base(Map.of("XDG_RUNTIME_DIR", "/run/user/0"), 0))
                .isEqualTo(Path.of("/run/nanorouter"));
        assertThat(RunDirectory.base(Map.of("XDG_RUNTIME_DIR", "/run/user/7"), 7))
                .isEqualTo(Path.of("/run/user/7/nanorouter"));
        assertThat(RunDirectory.base(Map.of(), 7)).isEqualTo(Path.of("/tmp/nanorouter-7"));
    }

    @Test
    void theDirectoryOfDevicesIsTheUsersRuntimeDirectorysIfItIsHisOwnElseTmps() throws Exception {
        int own = RunDirectory.uid();
        assertThat(RunDirectory.devices(0, temporary)).isEqualTo(Path.of("/run/nanorouter-devices"));
        Path runtime = Files.createDirectory(temporary.resolve(Integer.toString(own + 1)));
        assertThat(RunDirectory.devices(own + 1, temporary)).isEqualTo(Path.of("/tmp/nanorouter-devices-" + (own + 1)));
        Files.move(runtime, temporary.resolve(Integer.toString(own)));
        assertThat(own == 0 ? temporary : RunDirectory.devices(own, temporary)).startsWith(temporary);
        assertThat(RunDirectory.devices(own + 2, temporary)).isEqualTo(Path.of("/tmp/nanorouter-devices-" + (own + 2)));
    }

    @Test
    void twoInstancesOfOneNameInTwoPlacesHaveTwoLabels() throws Exception {
        assertThat(RunDirectory.of(RunDirectory.base(Map.of(), RunDirectory.uid()), "x").label()).isEqualTo("x");
        assertThat(RunDirectory.of(Path.of("/a"), "x").label()).matches("x\\.[0-9a-f]{1,8}")
                .isEqualTo(RunDirectory.of(Path.of("/a"), "x").label())
                .isNotEqualTo(RunDirectory.of(Path.of("/b"), "x").label());
    }

    @Test
    void aSecondLockIsRefusedAndTheEndOfTheFirstLeavesNothing() throws Exception {
        Path base = temporary.resolve("base");
        RunDirectory directory = RunDirectory.of(base, "x");
        try (InstanceLock lock = directory.lock()) {
            assertThat(lock).isNotNull();
            assertThatThrownBy(directory::lock).isInstanceOf(InstanceException.class)
                    .hasMessageContaining("runs already in " + directory);
        }
        assertThat(base).doesNotExist();
        directory.lock().close();
    }

    @Test
    void removalNeverFollowsALink() throws Exception {
        Path kept = Files.createFile(Files.createDirectory(temporary.resolve("kept")).resolve("file"));
        Path tree = Files.createDirectories(temporary.resolve("tree/below"));
        Files.createSymbolicLink(tree.resolve("link"), kept.getParent());
        Files.createSymbolicLink(tree.resolveSibling("dangling"), Path.of("/nonexistent"));
        FileTree.remove(tree.getParent());
        assertThat(tree.getParent()).doesNotExist();
        assertThat(kept).exists();
    }

    @Test
    void theOnlyLivingInstanceIsFoundAndSeveralAreListed() throws Exception {
        assertThatThrownBy(() -> RunDirectory.find(temporary, null)).hasMessageContaining("nothing is running");
        Files.createDirectory(temporary.resolve("stale"));
        Files.createFile(temporary.resolve("stale/kernel.sock"));
        Files.createDirectory(temporary.resolve("a"));
        Files.createDirectory(temporary.resolve("b"));
        try (ControlServer a = ControlServer.start(temporary.resolve("a/kernel.sock"), request -> request)) {
            assertThat(RunDirectory.find(temporary, null).controlSocket()).isEqualTo(a.path());
            assertThatThrownBy(() -> RunDirectory.find(temporary, "b"))
                    .hasMessage("instance b is not running; running: a");
            try (ControlServer b = ControlServer.start(temporary.resolve("b/kernel.sock"), request -> request)) {
                assertThat(RunDirectory.find(temporary, "b").controlSocket()).isEqualTo(b.path());
                assertThatThrownBy(() -> RunDirectory.find(temporary, null)).hasMessageEndingWith("running: a, b");
            }
        }
        assertThatThrownBy(() -> RunDirectory.find(temporary, "../a")).isInstanceOf(InstanceException.class);
    }
}
