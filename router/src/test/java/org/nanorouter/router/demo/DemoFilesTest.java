// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.nanorouter.nanokernel.abi.OsKind;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.config.OsConfig;
import org.nanorouter.router.config.RouterConfig;

class DemoFilesTest {
    private static final Map<String, String> VALUES = Map.of("INSTANCE", "demo-7", "HOME", "/opt/nanorouter",
            "JAVA_HOME", "/usr/lib/jvm/java", "SERVICES", "inetutils", "GUEST_UID", "1000",
            "TELNETD", "/usr/sbin/telnetd", "FTPD", "/usr/sbin/ftpd", "TAP", "nk0");

    @TempDir
    Path directory;

    private DemoFiles written(boolean externalHost) throws Exception {
        Map<String, String> values = new HashMap<>(VALUES);
        values.put("FILES", directory.toString());
        DemoFiles files = DemoFiles.in(directory);
        files.write(values, externalHost, false);
        return files;
    }

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void machineIsOneThatTheNanokernelTakes(boolean externalHost) throws Exception {
        written(externalHost);
        MachineConfig machine = MachineConfig.read(directory.resolve("machine.toml"));
        assertThat(machine.name()).isEqualTo("demo-7");
        assertThat(machine.oses()).extracting(OsConfig::name).containsExactly("host", "guest");
        assertThat(machine.oses()).extracting(OsConfig::kind)
                .containsExactly(externalHost ? OsKind.EXTERNAL : OsKind.NAMESPACE, OsKind.NAMESPACE);
        assertThat(machine.oses()).flatExtracting(OsConfig::mounts)
                .allSatisfy(mount -> assertThat(mount.source()).exists());
    }

    @Test
    void aSecondGuestIsAnOsOfItsOwn() throws Exception {
        Map<String, String> values = new HashMap<>(VALUES);
        values.put("FILES", directory.toString());
        DemoFiles.in(directory).write(values, false, true);
        MachineConfig machine = MachineConfig.read(directory.resolve("machine.toml"));
        assertThat(machine.oses()).extracting(OsConfig::name).containsExactly("host", "guest", "guest2");
        assertThat(machine.oses()).extracting(os -> os.restart().limit()).containsOnly(0);
    }

    @Test
    void routerIsOneThatTheRouterTakes() throws Exception {
        RouterConfig router = RouterConfig.read(written(false).router(), Map.of("NK_OS", "host", "NK_RUN", "/run/host",
                "NK_ATTACH", "/run/host/attach.sock", "NK_TOKEN_FILE", "/run/host/token"));
        assertThat(router.ports()).hasSize(2);
    }

    @Test
    void everybodyMayReadWhatTheCellsRead() throws Exception {
        written(false);
        for (String name : List.of("passwd", "shadow", "group", "hosts", "init", "login", "inetd.conf")) {
            assertThat(Files.getPosixFilePermissions(directory.resolve("guest").resolve(name)))
                    .as(name).isEqualTo(PosixFilePermissions.fromString("rw-r--r--"));
            assertThat(directory.resolve("guest").resolve(name)).content().doesNotContain("@");
        }
    }

    @Test
    void placeholderWithoutValueIsRefused() throws Exception {
        DemoFiles files = DemoFiles.in(directory);
        assertThatThrownBy(() -> files.write(Map.of(), false, false)).isInstanceOf(IllegalStateException.class)
                .hasMessageContaining("placeholder=@");
    }
}
