// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DevicesReaderTest {
    private static final Path FILE = Path.of("m.toml");

    /** OSes named a, b and so on with these lines of their own, each in one line behind three. */
    private static String machine(String... lines) {
        return IntStream.range(0, lines.length).mapToObj(i -> "[[os]]\nname = \"" + (char) ('a' + i)
                + "\"\nkind = \"external\"\n" + lines[i] + "\n").collect(Collectors.joining());
    }

    private static List<String> mistakes(String... lines) {
        ConfigException e = catchThrowableOfType(ConfigException.class,
                () -> MachineConfig.parse(machine(lines), FILE));
        assertThat(e).as("mistakes of %s", Arrays.toString(lines)).isNotNull();
        return e.mistakes();
    }

    private static Devices devices(String line) throws ConfigException {
        return MachineConfig.parse(machine(line), FILE).oses().get(0).devices();
    }

    @Test
    void anOsWithoutDevicesHasNone() throws ConfigException {
        assertThat(devices("")).isEqualTo(Devices.NONE);
        assertThat(Devices.NONE.any()).isFalse();
    }

    @Test
    void eachNameIsTheOneThatTheKernelHas() throws ConfigException {
        Devices devices = devices("""
                interfaces = ["eth1", "enp3s0f0.100"]
                taps = ["tap-7"]
                pci = ["0000:03:00.0", "3F:1f.7", "10000:e0:06.0"]
                devices = ["/dev/kvm", "/dev//disk/./by-id/../by-id/x"]
                """);
        assertThat(devices).isEqualTo(new Devices(List.of("eth1", "enp3s0f0.100"), List.of("tap-7"),
                List.of("0000:03:00.0", "0000:3f:1f.7", "10000:e0:06.0"),
                List.of(Path.of("/dev/kvm"), Path.of("/dev/disk/by-id/x"))));
        assertThat(devices.any()).isTrue();
    }

    @ParameterizedTest(name = "{0}")
    @CsvSource(delimiter = '|', quoteCharacter = '`', value = {
        "interfaces = [\"eth0\", \"a/b\"]      | 4:23: 'os.interfaces' names \"a/b\"; expected the name of a network",
        "interfaces = [\"\"]                   | 4:15: 'os.interfaces' names \"\"; expected the name",
        "interfaces = [\"lo\"]                 | 4:15: 'os.interfaces' names \"lo\"; expected the name",
        "interfaces = [\"..\"]                 | 4:15: 'os.interfaces' names \"..\"; expected the name",
        "interfaces = [\"eth%d\"]              | 4:15: 'os.interfaces' names \"eth%d\"; expected the name",
        "interfaces = [\"sixteenletters-0\"]   | 4:15: 'os.interfaces' names \"sixteenletters-0\"; expected the name",
        "interfaces = \"eth0\"                 | 4:1: 'os.interfaces' is \"eth0\"; expected a list of strings",
        "interface = [\"eth0\"]                | 4:1: unknown key 'os.interface', did you mean 'interfaces'?",
        "taps = [\"a b\"]                      | 4:9: 'os.taps' names \"a b\"; expected the name of a TAP",
        "pci = [\"03:00\"]                     | 4:8: 'os.pci' names \"03:00\"; expected a PCI address such as",
        "pci = [\"0000:03:20.0\"]              | 4:8: 'os.pci' names \"0000:03:20.0\"; expected a PCI address",
        "pci = [\"0000:03:00.8\"]              | 4:8: 'os.pci' names \"0000:03:00.8\"; expected a PCI address",
        "devices = [\"kvm\"]                   | 4:12: 'os.devices' names \"kvm\"; expected a path below /dev",
        "devices = [\"/dev\"]                  | 4:12: 'os.devices' names \"/dev\"; expected a path below /dev",
        "devices = [\"/dev/../etc/x\"]         | 4:12: 'os.devices' names \"/dev/../etc/x\"; expected a path below",
        "devices = [\"/dev/net/tun\"]          | 4:12: 'os.devices' names \"/dev/net/tun\"; expected a path below",
        "devices = [\"/dev/null\"]             | 4:12: 'os.devices' names \"/dev/null\"; expected a path below /dev",
    })
    void aNameThatIsNoneHasItsPlaceAndWhatWasExpected(String line, String message) {
        assertThat(mistakes(line)).singleElement().asString().startsWith("m.toml:" + message);
    }

    @ParameterizedTest(name = "{0} and {1}")
    @CsvSource(delimiter = '|', value = {
        "interfaces = ['eth0', 'eth1'] | interfaces = ['eth1']          | 8:15: 'os.interfaces' names \"eth1\"",
        "interfaces = ['eth1']         | taps = ['tap0', 'eth1']        | 8:17: 'os.taps' names \"eth1\"",
        "taps = ['tap0']               | taps = ['tap0']                | 8:9: 'os.taps' names \"tap0\"",
        "pci = ['0000:0a:00.0']        | pci = ['0A:00.0']              | 8:8: 'os.pci' names \"0A:00.0\"",
        "devices = ['/dev/kvm']        | devices = ['/dev/./snd/../kvm'] | 8:12: 'os.devices' names \"/dev/./snd",
    })
    void aDeviceOfTwoOsesIsRefusedWithItsOwner(String first, String second, String message) {
        assertThat(mistakes(first.replace('\'', '"'), second.replace('\'', '"'))).singleElement().asString()
                .startsWith("m.toml:" + message)
                .endsWith(", which belongs to \"a\" by line 4; expected a device that nobody else has, once");
    }

    @Test
    void aDeviceThatOneOsNamesTwiceIsRefused() {
        assertThat(mistakes("interfaces = [\"eth1\",\n  \"eth2\",\n  \"eth1\"]")).containsExactly("m.toml:6:3: "
                + "'os.interfaces' names \"eth1\", which belongs to \"a\" by line 4; "
                + "expected a device that nobody else has, once");
    }

    @Test
    void anInterfaceAndANodeOfOneNameAreTwoDevices() throws ConfigException {
        assertThat(devices("interfaces = [\"kvm\"]\ndevices = [\"/dev/kvm\"]").interfaces()).containsExactly("kvm");
    }

    @Test
    void thereIsALimit() {
        String names = IntStream.range(0, 33).mapToObj(i -> "\"eth" + i + "\"").collect(Collectors.joining(", "));
        assertThat(mistakes("interfaces = [" + names + "]")).singleElement().asString()
                .contains("'os.interfaces' has 33 entries; expected at most 32");
    }
}
