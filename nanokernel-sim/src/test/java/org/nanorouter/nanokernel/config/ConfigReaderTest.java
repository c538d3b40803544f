// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class ConfigReaderTest {
    private static final Path FILE = Path.of("/etc/x/m.toml");

    private enum Colour { RED, DARK_BLUE }

    @Test
    void everyTypeIsReadAndAbsentKeysHaveTheirDefault() throws ConfigException {
        ConfigReader root = ConfigReader.parse("""
                name = "a"
                colour = "dark-blue"
                count = 7
                memory = "64 MiB"
                wait = "100 ms"
                on = true
                list = ["x", "y"]
                mac = "02:00:00:00:00:0a"
                net = ["10.77.0.1/24", "fd77::1/64"]
                file = "b.pcap"
                env = { B = "2", "A.x" = "1" }
                [table]
                deep = { inner = 1 }
                [[item]]
                id = 1
                [[item]]
                id = 2
                """, FILE);
        assertThat(root.string("name", "z")).isEqualTo("a");
        assertThat(root.string("other", "z")).isEqualTo("z");
        assertThat(root.choice("colour", Colour.class, Colour.RED)).isEqualTo(Colour.DARK_BLUE);
        assertThat(root.integer("count", 1, 0, 9)).isEqualTo(7);
        assertThat(root.size("memory", 0, 0, 1L << 40)).isEqualTo(64L << 20);
        assertThat(root.duration("wait", Duration.ZERO, Duration.ZERO, Duration.ofHours(1)))
                .isEqualTo(Duration.ofMillis(100));
        assertThat(root.bool("on", false)).isTrue();
        assertThat(root.strings("list", List.of())).containsExactly("x", "y");
        assertThat(root.mac("mac")).containsExactly(2, 0, 0, 0, 0, 10);
        assertThat(root.prefixes("net")).extracting(Prefix::length).containsExactly(24, 64);
        assertThat(root.path("file", null)).isEqualTo(Path.of("/etc/x/b.pcap"));
        assertThat(root.stringMap("env")).isEqualTo(Map.of("A.x", "1", "B", "2"));
        assertThat(root.table("table").table("deep").integer("inner", 0, 0, 9)).isEqualTo(1);
        assertThat(root.table("absent").integer("inner", 5, 0, 9)).isEqualTo(5);
        assertThat(root.tables("item")).extracting(item -> item.integer("id", 0, 0, 9)).containsExactly(1, 2);
        root.finish();
    }

    @Test
    void allMistakesAreReportedAtOnceInTheOrderOfTheirLines() {
        assertThat(mistakes("""
                count = 70
                nmae = "a"

                [[item]]
                  memory = 5
                """, root -> {
            root.tables("item").forEach(item -> item.size("memory", 0, 1, 1 << 20));
            root.string("name", "");
            root.integer("count", 1, 0, 9);
        })).containsExactly(
                "/etc/x/m.toml:1:1: 'count' is 70; expected a whole number from 0 to 9",
                "/etc/x/m.toml:2:1: unknown key 'nmae', did you mean 'name'?; expected one of item, name, count",
                "/etc/x/m.toml:5:3: 'item.memory' is 5; expected a size such as \"64 MiB\" from 1 B to 1 MiB");
    }

    @Test
    void aSyntaxErrorHasItsPlace() {
        ConfigException e = catchThrowableOfType(ConfigException.class,
                () -> ConfigReader.parse("a = \nb = 1\nc = x\n", FILE));
        assertThat(e.mistakes()).isNotEmpty()
                .allMatch(line -> line.matches("/etc/x/m.toml:\\d+:\\d+: .*"));
        assertThat(e.mistakes().get(0)).startsWith("/etc/x/m.toml:1:5: ").contains("xpected");
    }

    @Test
    void aFileThatIsNotThereIsAMistakeToo() {
        ConfigException e = catchThrowableOfType(ConfigException.class,
                () -> ConfigReader.open(Path.of("/nonexistent/m.toml")));
        assertThat(e.mistakes()).containsExactly("/nonexistent/m.toml:1:1: no such file; expected a TOML file");
    }

    @Test
    void aMissingKeyIsReportedAtItsTable() {
        assertThat(mistakes("\n[[item]]\nx = 1\n", root -> root.tables("item").forEach(item -> {
            item.requireString("name");
            item.integer("x", 0, 0, 9);
        }))).containsExactly("/etc/x/m.toml:2:1: 'item.name' is missing; expected a string");
    }

    @Test
    void aListElementOfAnotherTypeIsReportedAtItsOwnPlace() {
        assertThat(mistakes("list = [\"a\", # one\n\n  5]\n", root -> root.strings("list", List.of())))
                .containsExactly("/etc/x/m.toml:3:3: 'list' is 5; expected a list of strings");
        assertThat(mistakes("net = [\"10.0.0.1/8\",\n  \"10.0.0.1\"]\n", root -> root.prefixes("net")))
                .singleElement().asString().startsWith("/etc/x/m.toml:2:3: 'net' is \"10.0.0.1\"; expected an address");
    }

    @Test
    void anUnknownEnumValueSuggestsTheNearest() {
        assertThat(mistakes("c = \"dark-bleu\"", root -> root.choice("c", Colour.class, Colour.RED))).containsExactly(
                "/etc/x/m.toml:1:1: 'c' is \"dark-bleu\", did you mean 'dark-blue'?; expected one of red, dark-blue");
    }

    @ParameterizedTest
    @CsvSource({"1 B,1", "1KiB,1024", "3 MiB,3145728", "2 GiB,2147483648"})
    void sizesCountInPowersOf1024(String text, long bytes) throws ConfigException {
        ConfigReader root = ConfigReader.parse("v = \"" + text + "\"", FILE);
        assertThat(root.size("v", 0, 0, Long.MAX_VALUE)).isEqualTo(bytes);
        root.finish();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "5", "MiB", "-1 MiB", "1.5 MiB", "1 MB", "1 mib", "99999999999999999999 B",
        "9999999999999 GiB", "٣ MiB"})
    void whatIsNotASizeIsRefused(String text) {
        assertThat(mistakes("v = \"" + text + "\"", root -> root.size("v", 0, 0, Long.MAX_VALUE))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"02:00:00:00:00", "02:00:00:00:00:0g", "03:00:00:00:00:01", "00:00:00:00:00:00",
        "ff:ff:ff:ff:ff:ff", "02-00-00-00-00-01"})
    void whatIsNotOneStationsAddressIsRefused(String text) {
        assertThat(mistakes("v = \"" + text + "\"", root -> root.mac("v"))).hasSize(1);
    }

    @ParameterizedTest
    @ValueSource(strings = {"10.0.0.1", "10.0.0.1/33", "10.0.1/24", "10.0.0.256/24", "fd77::1/129", "::g/64",
        "example.org/24", "010.0.0.1/8", "1::2::3/64"})
    void whatIsNotAnAddressWithPrefixIsRefused(String text) {
        assertThat(mistakes("v = \"" + text + "\"", root -> root.prefix("v"))).hasSize(1);
    }

    private static List<String> mistakes(String text, Consumer<ConfigReader> reading) {
        return catchThrowableOfType(ConfigException.class, () -> {
            ConfigReader root = ConfigReader.parse(text, FILE);
            reading.accept(root);
            root.finish();
        }).mistakes();
    }
}
