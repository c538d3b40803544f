// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.offset;
import static org.nanorouter.router.top.Samples.SECOND;
import static org.nanorouter.router.top.Samples.channel;
import static org.nanorouter.router.top.Samples.kernel;
import static org.nanorouter.router.top.Samples.os;
import static org.nanorouter.router.top.Samples.router;
import static org.nanorouter.router.top.Samples.sample;
import static org.nanorouter.router.top.Samples.tap;

import java.util.Map;
import org.junit.jupiter.api.Test;

class TopModelTest {
    private final TopModel model = new TopModel();

    private Rates rates(String port) {
        return model.ports("host").stream().filter(track -> track.port().name().equals(port)).findAny().orElseThrow()
                .rates();
    }

    private void add(double seconds, long life, Sample.Port... ports) {
        long at = (long) (seconds * SECOND);
        model.add(sample(at, null, router("host", at, life, ports)));
    }

    @Test
    void ratesAreWhatWasAddedBetweenTwoSamplesASecond() {
        add(1, 1, tap(1000, Map.of("runt", 5L)));
        assertThat(rates("nk0")).isNull();
        add(1.5, 1, tap(3000, Map.of("runt", 6L, "ring_full", 3L)));
        assertThat(rates("nk0").inBytes()).isCloseTo(4000, offset(0.001));
        assertThat(rates("nk0").outBytes()).isCloseTo(2000, offset(0.001));
        assertThat(rates("nk0").inFrames()).isCloseTo(40, offset(0.001));
        assertThat(rates("nk0").drops()).isCloseTo(8, offset(0.001));
        assertThat(rates("nk0").why()).containsOnly(Map.entry("runt", 2.0), Map.entry("ring_full", 6.0));
        assertThat(model.totals().inBytes()).isCloseTo(4000, offset(0.001));
        add(2.5, 1, tap(3000, Map.of("runt", 6L, "ring_full", 3L)));
        assertThat(rates("nk0")).isEqualTo(new Rates(0, 0, 0, 0, 0, Map.of()));
    }

    @Test
    void aRouterThatTookOverBeginsAnewHoweverLargeItsCountersAre() {
        add(1, 1, tap(1000, Map.of()));
        add(2, 2, tap(900_000_000, Map.of()));
        assertThat(rates("nk0")).isNull();
        assertThat(model.notice().text()).isEqualTo("another router leads in host");
        add(3, 2, tap(900_000_500, Map.of()));
        assertThat(rates("nk0").inBytes()).isCloseTo(500, offset(0.001));
        assertThat(model.ports("host").get(0).history().parts(60, 4 * SECOND)).endsWith(Double.NaN, 750.0, Double.NaN);
    }

    @Test
    void aPeersNewEpochBeginsAnew() {
        add(1, 1, channel("guest", 1, 1000, 0));
        add(2, 1, channel("guest", 2, 5000, 0));
        assertThat(rates("peers:guest")).isNull();
        add(3, 1, channel("guest", 2, 5100, 0));
        assertThat(rates("peers:guest").inBytes()).isCloseTo(100, offset(0.001));
    }

    @Test
    void aCounterThatShrankIsNeverANegativeRate() {
        add(1, 1, tap(1000, Map.of("runt", 5L)));
        add(2, 1, tap(10, Map.of("runt", 5L)));
        assertThat(rates("nk0")).isNull();
        add(3, 1, tap(20, Map.of("runt", 1L)));
        assertThat(rates("nk0")).isNull();
        add(4, 1, tap(30, Map.of("runt", 1L)));
        assertThat(rates("nk0").inBytes()).isCloseTo(10, offset(0.001));
    }

    @Test
    void aRouterThatDoesNotAnswerHasNoPortsUntilItDoes() {
        add(1, 1, tap(1000, Map.of()));
        add(2, 1, tap(2000, Map.of()));
        model.add(sample(3 * SECOND, null, Sample.Router.silent("host", 3 * SECOND, "hangs")));
        assertThat(model.ports()).isEmpty();
        assertThat(model.totals().inBytes()).isZero();
        assertThat(model.routers().get(0).failure()).isEqualTo("hangs");
        assertThat(model.notice()).isEqualTo(
                new Notice(3 * SECOND, "the router of host does not answer: hangs", true));
        add(6, 1, tap(5000, Map.of()));
        assertThat(rates("nk0").inBytes()).isCloseTo(750, offset(0.001));
        assertThat(model.notice().text()).isEqualTo("the router of host answers again");
    }

    @Test
    void whatAKilledRouterLeftBehindIsNoRouter() {
        model.add(sample(SECOND, null, Sample.Router.silent("guest", SECOND, "Connection refused")));
        assertThat(model.routers()).isEmpty();
        assertThat(model.notice()).isNull();
    }

    @Test
    void portsThatAreGoneAreForgotten() {
        for (int i = 1; i < 500; i++) {
            add(i, 1, channel("guest" + i, 1, i, 0));
        }
        assertThat(model.ports()).hasSize(1);
    }

    @Test
    void changesOfAnOsAndOfTheNanokernelAreSaid() {
        model.add(sample(SECOND, kernel(1, os("host", "running", 1), os("guest", "running", 1))));
        assertThat(model.notice()).isNull();
        model.add(sample(2 * SECOND, kernel(1, os("host", "running", 1), os("guest", "booting", 2))));
        assertThat(model.notice()).isEqualTo(new Notice(2 * SECOND, "guest: booting, epoch 2", true));
        model.add(sample(3 * SECOND, Sample.Kernel.silent("gone")));
        assertThat(model.kernelFailure()).isEqualTo("gone");
        assertThat(model.oses()).hasSize(2);
        model.add(sample(5 * SECOND, Sample.Kernel.silent("gone")));
        assertThat(model.kernelSilentS()).isEqualTo(2);
        model.add(sample(6 * SECOND, kernel(2, os("host", "running", 1), os("guest", "booting", 2))));
        assertThat(model.kernelFailure()).isNull();
        assertThat(model.notice().text()).isEqualTo("another nanokernel answers, process 2");
    }
}
