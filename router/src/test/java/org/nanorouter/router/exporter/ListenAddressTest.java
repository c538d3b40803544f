// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ListenAddressTest {
    @Test
    void loopbackAndPathsAreTaken() {
        assertThat(ListenAddress.parse("127.0.0.1:9477").address())
                .isEqualTo(new InetSocketAddress("127.0.0.1", 9477));
        assertThat(ListenAddress.parse("[::1]:9477")).hasToString("http://[0:0:0:0:0:0:0:1]:9477/metrics");
        assertThat(ListenAddress.parse("localhost:0")).hasToString("http://127.0.0.1:0/metrics");
        assertThat(ListenAddress.parse("unix:/run/x.sock").address())
                .isEqualTo(UnixDomainSocketAddress.of("/run/x.sock"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"0.0.0.0:9477", "[::]:9477", "192.0.2.1:9477", "[2001:db8::1]:9477"})
    void whatOthersCouldReachIsRefusedWithTheReason(String text) {
        assertThatThrownBy(() -> ListenAddress.parse(text)).isInstanceOf(IllegalArgumentException.class)
                .hasMessageContaining("is not of loopback: whoever reaches it");
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "9477", ":9477", "127.0.0.1", "127.0.0.1:", "127.0.0.1:65536", "127.0.0.1:-1",
        "127.0.0.1:+1", "127.0.0.1:x", "example.org:9477", "::1:9477x", "unix:", "[::1:9477"})
    void whatIsNoAddressIsRefused(String text) {
        assertThatThrownBy(() -> ListenAddress.parse(text)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aPathThatNoSocketCanHaveIsRefused() {
        assertThatThrownBy(() -> ListenAddress.parse("unix:/" + "x".repeat(107)))
                .isInstanceOf(IllegalArgumentException.class).hasMessageContaining("107 bytes");
    }
}
