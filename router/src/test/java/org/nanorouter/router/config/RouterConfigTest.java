// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.router.config.PortConfig.ChannelConfig;
import org.nanorouter.router.config.PortConfig.PcapNicConfig;
import org.nanorouter.router.config.PortConfig.SocketNicConfig;
import org.nanorouter.router.config.PortConfig.TapConfig;
import org.nanorouter.router.port.OnFull;

class RouterConfigTest {
    private static final Path FILE = Path.of("/etc/nanorouter/router.toml");
    private static final Map<String, String> CELL = Map.of("NK_ATTACH", "/run/os/attach.sock", "NK_OS", "host",
        "NK_TOKEN_FILE", "/run/os/token", "NK_RUN", "/run/os");

    private static RouterConfig read(Map<String, String> environment, String... lines) throws ConfigException {
        return RouterConfig.parse(String.join("\n", lines), FILE, environment);
    }

    private static List<String> mistakes(Map<String, String> environment, String... lines) {
        return catchThrowableOfType(ConfigException.class, () -> read(environment, lines)).mistakes();
    }

    @Test
    void theExampleIsReadWithoutMistakesAndShowsTheDefaults() throws Exception {
        Path example = Path.of(System.getProperty("user.dir")).resolveSibling("config").resolve("router.toml");
        RouterConfig config = RouterConfig.parse(Files.readString(example), FILE, Map.of());
        assertThat(config.ports()).extracting(Object::getClass).containsExactly(TapConfig.class, ChannelConfig.class,
            SocketNicConfig.class, PcapNicConfig.class);
        RouterConfig shortest = read(CELL, "[[port]]", "name = 'nk0'", "kind = 'tap'");
        assertThat(config.bridge()).isEqualTo(shortest.bridge());
        TapConfig shown = (TapConfig) config.ports().get(0);
        TapConfig defaults = (TapConfig) shortest.ports().get(0);
        assertThat(shown.mtu()).isEqualTo(defaults.mtu());
        assertThat(shown.offload()).isEqualTo(defaults.offload());
        assertThat(shown.persistent()).isEqualTo(defaults.persistent());
    }

    @Test
    void whatTheFileLeavesOutComesFromTheEnvironmentOfTheCell() throws ConfigException {
        RouterConfig config = read(CELL, "[[port]]", "name = 'peers'", "kind = 'channel'");
        assertThat(config.attach())
            .isEqualTo(new RouterConfig.Attach(Path.of("/run/os/attach.sock"), "host", Path.of("/run/os/token")));
        assertThat(config.control()).isEqualTo(Path.of("/run/os/router.sock"));
        assertThat(config.ports()).containsExactly(new ChannelConfig("peers", "*", OnFull.WAIT,
            SessionPolicy.RESET));
    }

    @Test
    void sessionsWithADeadPeerStayIfTheFileSaysSo() throws ConfigException {
        RouterConfig config = read(CELL, "[[port]]", "name = 'peers'", "kind = 'channel'", "sessions = 'keep'");
        assertThat(config.ports()).first().extracting("sessions").isEqualTo(SessionPolicy.KEEP);
        assertThat(mistakes(CELL, "[[port]]", "name = 'peers'", "kind = 'channel'", "sessions = 'resett'"))
            .anyMatch(line -> line.contains("did you mean 'reset'"));
    }

    @Test
    void onePortLearnsAQuarterOfTheTableUnlessTheFileSaysOtherwise() throws ConfigException {
        String[] port = {"[[port]]", "name = 'nk0'", "kind = 'tap'"};
        assertThat(read(CELL, port).bridge().portLimit()).isEqualTo(1024);
        assertThat(read(CELL, String.join("\n", port), "[bridge]", "capacity = 20").bridge().portLimit()).isEqualTo(16);
        assertThat(read(CELL, String.join("\n", port), "[bridge]", "port_limit = 9").bridge().portLimit()).isEqualTo(9);
        assertThat(mistakes(CELL, String.join("\n", port), "[bridge]", "capacity = 20", "port_limit = 21"))
            .hasSize(1);
    }

    @Test
    void withoutChannelsAndEnvironmentNothingIsAttached() throws ConfigException {
        RouterConfig config = read(Map.of(), "[bridge]", "ageing = '10 s'", "[control]", "socket = 'router.sock'",
            "[[port]]", "name = 'nic'", "kind = 'nic'", "type = 'dgram'", "local = 'a'", "remote = '/b'");
        assertThat(config.attach()).isNull();
        assertThat(config.bridge().ageing()).isEqualTo(Duration.ofSeconds(10));
        assertThat(config.control()).isEqualTo(FILE.resolveSibling("router.sock"));
        assertThat(config.ports())
            .containsExactly(new SocketNicConfig("nic", FILE.resolveSibling("a"), Path.of("/b"), 1500));
    }

    @Test
    void allMistakesAreNamedWithTheirPlace() {
        assertThat(mistakes(CELL,
            "[[port]]", "name = 'nk0'", "kind = 'tab'", "mtu = 20", "addresses = ['10.0.0.300/8']",
            "[[port]]", "name = 'nk0'", "kind = 'channel'", "on_ful = 'drop'",
            "[[port]]", "kind = 'nic'", "type = 'pcap'"))
            .anyMatch(line -> line.startsWith(FILE + ":3:") && line.contains("did you mean 'tap'"))
            .anyMatch(line -> line.startsWith(FILE + ":4:") && line.contains("68"))
            .anyMatch(line -> line.startsWith(FILE + ":5:") && line.contains("10.0.0.300/8"))
            .anyMatch(line -> line.startsWith(FILE + ":7:") && line.contains("line 2"))
            .anyMatch(line -> line.startsWith(FILE + ":9:") && line.contains("did you mean 'on_full'"))
            .anyMatch(line -> line.startsWith(FILE + ":10:") && line.contains("'port.name' is missing"))
            .anyMatch(line -> line.startsWith(FILE + ":10:") && line.contains("replay"));
    }

    @Test
    void channelsWithoutAnAttachmentAreAMistake() {
        assertThat(mistakes(Map.of("NK_RUN", "/run/os"), "[[port]]", "name = 'peers'", "kind = 'channel'"))
            .anyMatch(line -> line.contains("attach.socket") && line.contains("NK_ATTACH"))
            .anyMatch(line -> line.contains("attach.os"))
            .anyMatch(line -> line.contains("attach.token_file"));
    }

    @Test
    void aFileWithoutPortsIsAMistake() {
        assertThat(mistakes(CELL, "")).anyMatch(line -> line.contains("there is no port"));
    }

    @Test
    void twoPortsAtOneDeviceOrForOnePeerAreAMistake() {
        assertThat(mistakes(CELL, "[[port]]", "name = 'a'", "kind = 'tap'", "device = 'nk0'",
            "[[port]]", "name = 'nk0'", "kind = 'tap'", "[[port]]", "name = 'p'", "kind = 'channel'",
            "[[port]]", "name = 'q'", "kind = 'channel'"))
            .anyMatch(line -> line.contains("'port.device' is \"nk0\""))
            .anyMatch(line -> line.contains("'port.peer' is \"*\""));
    }
}
