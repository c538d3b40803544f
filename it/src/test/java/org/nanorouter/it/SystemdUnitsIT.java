// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.router.config.RouterConfig;

/** The units and the files that they name. */
@Tag("once")
class SystemdUnitsIT {
    private static final Path SOURCE = Path.of(System.getProperty("nanorouter.source"));

    @TempDir
    private Path folder;

    /** As they are but for the place of the program, which has to exist. */
    @Test
    void unitsAreCleanForSystemd() throws IOException {
        Privilege.requireProgram("systemd-analyze");
        String home = Privilege.requireDist().getParent().getParent().toString();
        List<String> words = new ArrayList<>(List.of("systemd-analyze", "verify", "--man=no"));
        try (Stream<Path> units = Files.list(SOURCE.resolve("systemd"))) {
            for (Path unit : units.filter(file -> file.toString().endsWith(".service")).toList()) {
                Path copy = folder.resolve(unit.getFileName());
                Files.writeString(copy, Files.readString(unit).replace("/opt/nanorouter", home));
                words.add(copy.toString());
            }
        }
        Command verify = Command.run(words.toArray(String[]::new));
        assertThat(verify.out() + verify.err()).isEmpty();
        assertThat(verify.status()).isZero();
    }

    @Test
    void theDefaultMachineHasAnExternalHostAndAGuest() throws ConfigException {
        MachineConfig machine = MachineConfig.read(SOURCE.resolve("systemd/etc/machine.toml"));
        assertThat(machine.oses()).extracting("name").containsExactly("host", "guest");
    }

    @Test
    void theDefaultRouterHasATapAndTheChannels() throws ConfigException {
        RouterConfig router = RouterConfig.read(SOURCE.resolve("systemd/etc/router.toml"), Map.of());
        assertThat(router.ports()).extracting("name").containsExactly("nk0", "peers");
    }
}
