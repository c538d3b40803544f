// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.topology;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterfaceAddressesTest {
    @TempDir
    private Path proc;

    @Test
    void addressesOfAnInterfaceHaveTheirPrefixes() throws IOException {
        Path net = Files.createDirectories(proc.resolve("7/net"));
        Files.writeString(net.resolve("fib_trie"), """
                Main:
                  +-- 10.77.0.0/24 2 0 2
                     |-- 10.77.0.0
                        /24 link UNICAST
                     |-- 10.77.0.2
                        /32 host LOCAL
                     |-- 127.0.0.1
                        /32 host LOCAL
                """);
        Files.writeString(net.resolve("route"), "Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\t\n"
                + "nk0\t00004D0A\t00000000\t0001\t0\t0\t0\t00FFFFFF\t0\t0\t0\n"
                + "nk0\t00000000\t01004D0A\t0003\t0\t0\t0\t00000000\t0\t0\t0\n");
        Files.writeString(net.resolve("if_inet6"), """
                fd770000000000000000000000000002 03 40 00 80      nk0
                fe8000000000000000000000000000aa 03 40 20 80      nk0
                00000000000000000000000000000001 01 80 10 80       lo
                """);
        assertThat(InterfaceAddresses.of(proc, 7))
                .containsExactly(Map.entry("nk0", List.of("10.77.0.2/24", "fd77::2/64")));
    }

    @Test
    void processThatIsGoneHasNone() {
        assertThat(InterfaceAddresses.of(proc, 8)).isEmpty();
    }

    @Test
    void ipv6AddressesAreShortened() {
        assertThat(InterfaceAddresses.ipv6("20010db8000000000001000000000001")).isEqualTo("2001:db8::1:0:0:1");
        assertThat(InterfaceAddresses.ipv6("fd770001000200030004000500060007")).isEqualTo("fd77:1:2:3:4:5:6:7");
        assertThat(InterfaceAddresses.ipv6("00000000000000000000000000000000")).isEqualTo("::");
    }

    @Test
    void commandsOfAnAgentSayWhatItIsGoingToHave() {
        assertThat(AgentOptions.interfaces(List.of("/bin/sh", "-c",
                "exec \"$NANOROUTER_HOME/native/nk-agent\" --tap tap3 --address 10.77.0.2/24 --address fd77::2/64")))
                .containsExactly(new Topology.Interface("tap3", List.of("10.77.0.2/24", "fd77::2/64")));
        assertThat(AgentOptions.endpoint(List.of("/opt/bin/nanorouter", "run", "-c", "x"))).isEqualTo("router");
        assertThat(AgentOptions.interfaces(List.of("/bin/ip", "--address", "10.0.0.1/8"))).isEmpty();
    }
}
