// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.nanorouter.nanokernel.abi.OsKind;

class MachineConfigTest {
    private static final Path FILE = Path.of("m.toml");
    private static final String TWO = """
            [[os]]
            name = "host"
            init = ["/bin/true"]
            [[os]]
            name = "guest"
            init = ["/bin/true"]
            """;

    @Test
    void defaultsAreThoseOfTheDocumentation() throws ConfigException {
        MachineConfig machine = MachineConfig.parse(TWO, FILE);
        assertThat(machine.name()).isNull();
        assertThat(machine.ringSize()).isEqualTo(2 << 20);
        assertThat(machine.heartbeatPeriod()).isEqualTo(Duration.ofMillis(100));
        assertThat(machine.heartbeatDeadline()).isEqualTo(Duration.ofMillis(500));
        OsConfig guest = machine.oses().get(1);
        assertThat(guest.id()).isEqualTo(1);
        assertThat(guest.kind()).isEqualTo(OsKind.NAMESPACE);
        assertThat(guest.autostart()).isTrue();
        assertThat(guest.regionLength()).isEqualTo(12_288 + (2 << 20));
        assertThat(guest.mac()).isEqualTo(Mac.derivedFrom("guest")).isNotEqualTo(machine.oses().get(0).mac());
        assertThat(guest.mac().toString()).startsWith("02:");
        assertThat(guest.mounts()).isEmpty();
        assertThat(guest.env()).isEmpty();
        assertThat(guest.uidBase()).isEqualTo(165_536);
        assertThat(guest.peers()).containsExactly("host");
    }

    @Test
    void everyKeyIsRead() throws ConfigException {
        MachineConfig machine = MachineConfig.parse("""
                [machine]
                name = "demo-2"
                ring_size = "512 KiB"
                heartbeat = { period = "50 ms", deadline = "1 s" }
                [[os]]
                name = "a"
                kind = "namespace"
                autostart = false
                memory = "3 MiB"
                mac = "02:00:00:00:00:0a"
                init = ["/bin/sh", "-c", "true"]
                mounts = [{ source = "/srv", target = "/data", read_only = false }, { source = "/opt" }]
                services = [{ command = ["y"] }, { command = ["/bin/z", "--all"] }]
                env = { X = "1" }
                uid_base = 300000
                peers = ["b"]
                [[os]]
                name = "b"
                kind = "external"
                [[os]]
                name = "c"
                kind = "process"
                init = ["x"]
                """, FILE);
        assertThat(machine.name()).isEqualTo("demo-2");
        assertThat(machine.ringSize()).isEqualTo(512 << 10);
        assertThat(machine.heartbeatPeriod()).isEqualTo(Duration.ofMillis(50));
        assertThat(machine.heartbeatDeadline()).isEqualTo(Duration.ofSeconds(1));
        OsConfig a = machine.oses().get(0);
        assertThat(a.autostart()).isFalse();
        assertThat(a.regionLength()).isEqualTo(3 << 20);
        assertThat(a.mac()).hasToString("02:00:00:00:00:0a");
        assertThat(a.init()).containsExactly("/bin/sh", "-c", "true");
        assertThat(a.services()).containsExactly(List.of("y"), List.of("/bin/z", "--all"));
        assertThat(a.mounts()).containsExactly(new Mount(Path.of("/srv"), Path.of("/data"), false),
                new Mount(Path.of("/opt"), Path.of("/opt"), true));
        assertThat(a.env()).isEqualTo(Map.of("X", "1"));
        assertThat(a.uidBase()).isEqualTo(300_000);
        assertThat(a.peers()).containsExactly("b");
        assertThat(machine.oses().get(1).peers()).containsExactlyInAnyOrder("a", "c");
        assertThat(machine.oses().get(2).peers()).containsExactly("b");
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "name = \"A\"                         | 2:1: 'name' is \"A\"; expected 1 to 31 letters a-z, digits or hyphens",
        "ring_size = \"1 MB\"                 | 2:1: 'machine.ring_size' is \"1 MB\"; expected a size such as",
        "ring_size = \"128 KiB\"              | 2:1: 'machine.ring_size' is \"128 KiB\"; expected a size",
        "ring_size = \"3 MiB\" | "
            + "2:1: 'machine.ring_size' is not a power of two; expected a power of two",
        "heartbeat = { period = \"1 ms\" }    | 2:15: 'machine.heartbeat.period' is \"1 ms\"; expected a duration",
        "heartbeat = { deadline = \"150 ms\" }| 2:15: 'machine.heartbeat.deadline' is less than twice the period;",
        "heartbeat = { deadlin = \"1 s\" } | "
            + "2:15: unknown key 'machine.heartbeat.deadlin', did you mean 'deadline'?",
        "heartbeat = 5                        | 2:1: 'machine.heartbeat' is 5; expected a table",
        "ringsize = \"1 MiB\"                 | 2:1: unknown key 'machine.ringsize', did you mean 'ring_size'?",
    })
    void aMistakeOfTheMachineHasItsPlaceAndWhatWasExpected(String line, String message) {
        assertThat(mistakes("[machine]\n" + line + "\n" + TWO)).singleElement().asString()
                .startsWith("m.toml:" + message);
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "init = [\"x\"]                                   | 7:1: 'os.name' is missing; expected a string",
        "name = \"a_b\"; init = [\"x\"]                   | 8:1: 'name' is \"a_b\"; expected 1 to 31 letters",
        "name = \"host\"; init = [\"x\"]                  | 8:1: 'os.name' is \"host\", as in line 2; expected another",
        "name = \"x\"; kind = \"qemu\"; init = [\"x\"] | "
            + "9:1: 'os.kind' is \"qemu\", which this version does not support",
        "name = \"x\"; kind = \"proces\"; init = [\"x\"]  | 9:1: 'os.kind' is \"proces\", did you mean 'process'?",
        "name = \"x\"; autostart = 1; init = [\"x\"]      | 9:1: 'os.autostart' is 1; expected true or false",
        "name = \"x\"; memory = \"1 MiB\"; init = [\"x\"] | 9:1: 'os.memory' is 1 MiB, too small for 2 rings of 2 MiB; "
            + "expected at least 4108 KiB",
        "name = \"x\"; memory = \"2 GiB\"; init = [\"x\"] | 9:1: 'os.memory' is \"2 GiB\"; expected a size",
        "name = \"x\"; mac = \"01:00:00:00:00:00\"; init = [\"x\"] | "
            + "9:1: 'os.mac' is \"01:00:00:00:00:00\"; expected the",
        "name = \"x\"                                     | 7:1: 'os.init' is missing; expected the init command",
        "name = \"x\"; init = []                          | 9:1: 'os.init' is empty; expected the init command",
        "name = \"x\"; services = [] | 9:1: there are 0 services; expected 1 to 16",
        "name = \"x\"; services = [{ comand = [\"y\"] }] | 9:15: unknown key 'os.services.comand', did you mean",
        "name = \"x\"; services = [{ command = [] }] | 9:15: 'os.services.command' is empty; expected a command",
        "name = \"x\"; kind = \"process\"; init = [\"x\"]; services = [{ command = [\"y\"] }] | "
            + "11:1: 'os.services' is of no use: only a namespace cell has a process 1",
        "name = \"x\"; init = [5]                         | 9:9: 'os.init' is 5; expected a list of strings",
        "name = \"x\"; kind = \"external\"; init = [\"x\"]| 10:1: 'os.init' is of no use: an external OS attaches",
        "name = \"x\"; init = [\"x\"]; mounts = [{ source = \"y\" }] | "
            + "10:13: 'os.mounts.source' is \"y\"; expected an abs",
        "name = \"x\"; init = [\"x\"]; mounts = [{ target = \"/y\" }] | "
            + "10:11: 'os.mounts.source' is missing; expected an",
        "name = \"x\"; init = [\"x\"]; mounts = [{ source = \"/y\", ro = true }]| 10:28: unknown key 'os.mounts.ro'",
        "name = \"x\"; init = [\"x\"]; kind = \"process\"; mounts = [] | "
            + "11:1: 'os.mounts' is of no use: only a namespace",
        "name = \"x\"; init = [\"x\"]; env = { A = 1 }    | 10:9: 'os.env.A' is 1; expected a string",
        "name = \"x\"; init = [\"x\"]; env = { \"A=\" = \"1\" } | "
            + "10:9: 'os.env' has \"A=\"; expected a name of letters",
        "name = \"x\"; init = [\"x\"]; uid_base = 5 | "
            + "10:1: 'os.uid_base' is 5; expected a whole number from 65536",
        "name = \"x\"; init = [\"x\"]; uid_base = 170000 | "
            + "10:1: the uids of \"x\" from 170000 overlap with those of \"guest\"",
        "name = \"x\"; init = [\"x\"]; kind = \"process\"; uid_base = 500000| 11:1: 'os.uid_base' is of no use: only a",
        "name = \"x\"; init = [\"x\"]; peers = [\"hots\"] | "
            + "10:10: 'os.peers' names \"hots\"; expected the name of another OS",
        "name = \"x\"; init = [\"x\"]; memory_limit = \"15 MiB\" | "
            + "10:1: 'os.memory_limit' is 15 MiB, too small to live; expected at least 16 MiB, or 0 B for no limit",
        "name = \"x\"; init = [\"x\"]; memory_limit = 64 | 10:1: 'os.memory_limit' is 64; expected a size such as",
        "name = \"x\"; init = [\"x\"]; cpu_weight = 0 | "
            + "10:1: 'os.cpu_weight' is 0; expected a whole number from 1 to 10000",
        "name = \"x\"; init = [\"x\"]; cpus = \"0-\" | "
            + "10:1: 'os.cpus' is \"0-\"; expected a list of processors such as \"0-1,3\"",
        "name = \"x\"; init = [\"x\"]; cpus = \"3-1\" | 10:1: 'os.cpus' is \"3-1\"; expected a list of processors",
        "name = \"x\"; init = [\"x\"]; cpus = [0] | 10:1: 'os.cpus' is a list; expected a string",
        "name = \"x\"; kind = \"external\"; memory_limit = \"64 MiB\" | "
            + "10:1: 'os.memory_limit' is of no use: nobody starts an external OS; expected no such key for this kind",
        "name = \"x\"; kind = \"external\"; cpus = \"0\" | 10:1: 'os.cpus' is of no use: nobody starts",
        "name = \"x\"; kind = \"external\"; cpu_weight = 5 | 10:1: 'os.cpu_weight' is of no use: nobody starts",
        "name = \"x\"; init = [\"x\"]; colour = 1         | 10:1: unknown key 'os.colour'; expected one of name, ",
    })
    void aMistakeOfAnOsHasItsPlaceAndWhatWasExpected(String lines, String message) {
        assertThat(mistakes(TWO + "[[os]]\n" + lines.replace("; ", "\n") + "\n"))
                .anySatisfy(mistake -> assertThat(mistake).startsWith("m.toml:" + message));
    }

    @Test
    void limitsAreReadAndAProcessorThatIsNotThereIsAMistake() throws Exception {
        BitSet four = new BitSet();
        four.set(0, 4);
        MachineConfig machine = MachineConfig.parse(TWO + """
                memory_limit = "64 MiB"
                cpus = "3,0-1,1"
                cpu_weight = 10000
                """, FILE, four);
        assertThat(machine.oses().get(0).limits()).isEqualTo(Limits.NONE);
        assertThat(machine.oses().get(1).limits()).isEqualTo(new Limits(64 << 20, "0-1,3", 10_000));
        assertThat(MachineConfig.parse(TWO + "memory_limit = \"0 B\"", FILE).oses().get(1).limits().any()).isFalse();
        assertThat(MachineConfig.parse(TWO + "cpus = \"9\"", FILE, null).oses().get(1).limits().cpus())
                .isEqualTo("9");
        ConfigException e = catchThrowableOfType(ConfigException.class,
                () -> MachineConfig.parse(TWO + "cpus = \"2-5\"", FILE, four));
        assertThat(e.mistakes()).containsExactly(
                "m.toml:7:1: 'os.cpus' names 4-5, which this machine has not; expected processors of 0-3");
    }

    @Test
    void theExampleHasEveryKeyAndNoMistake() throws Exception {
        Path example = Path.of("../config/machine.toml");
        MachineConfig machine = MachineConfig.read(example);
        assertThat(machine.heartbeatPeriod()).isEqualTo(Duration.ofMillis(100));
        assertThat(machine.oses()).extracting(OsConfig::kind)
                .containsExactly(OsKind.EXTERNAL, OsKind.NAMESPACE, OsKind.PROCESS);
        String text = Files.readString(example);
        assertThat(List.of("name", "ring_size", "period", "deadline", "kind", "autostart", "memory", "mac", "init",
                "env", "uid_base", "memory_limit", "cpus", "cpu_weight", "interfaces", "taps", "pci", "devices",
                "peers", "source", "command", "target", "read_only"))
                .allSatisfy(key -> assertThat(text).containsPattern("(?m)^" + key + " = "));
        assertThat(MachineConfig.read(Path.of("../systemd/etc/machine.toml")).oses()).hasSize(2);
    }

    @Test
    void twoOsesNeverShareAnEthernetAddress() {
        assertThat(mistakes(TWO + "mac = \"" + Mac.derivedFrom("host") + "\"\n")).singleElement().asString()
                .startsWith("m.toml:7:1: \"guest\" has the Ethernet address").contains("of \"host\"");
    }

    @Test
    void aMachineHas1To32Oses() throws ConfigException {
        assertThat(mistakes("")).containsExactly("m.toml:1:1: there is no OS; expected 1 to 32 tables [[os]]");
        assertThat(MachineConfig.parse(many(32, "1 MiB"), FILE).oses()).hasSize(32);
        assertThat(mistakes(many(33, "1 MiB"))).singleElement().asString()
                .contains("there are 33 OSes; expected at most 32");
        assertThat(mistakes(many(32, "64 MiB"))).hasSize(32).allMatch(line ->
                line.contains("for 31 rings of 64 MiB; expected at most 1 GiB: a smaller machine.ring_size"));
    }

    private static String many(int count, String ringSize) {
        return "machine.ring_size = \"" + ringSize + "\"\n" + IntStream.range(0, count)
                .mapToObj(i -> "[[os]]\nname = \"g" + i + "\"\ninit = [\"x\"]\n").collect(Collectors.joining());
    }

    private static List<String> mistakes(String text) {
        ConfigException e = catchThrowableOfType(ConfigException.class, () -> MachineConfig.parse(text, FILE));
        assertThat(e).as("mistakes of:%n%s", text).isNotNull();
        return e.mistakes();
    }
}
