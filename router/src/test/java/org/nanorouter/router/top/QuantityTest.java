// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class QuantityTest {
    @ParameterizedTest
    @CsvSource({"0, 0", "0.04, 0", "0.3, 0.3", "9.97, 10", "17.4, 17", "999.4, 999", "999.6, 1.00k", "1000, 1.00k",
        "1049, 1.05k", "9996, 10.0k", "12345, 12.3k", "99960, 100k", "999400, 999k", "999600, 1.00M",
        "1.25e9, 1.25G", "4e18, 4.00E", "4e21, 4000E", "-5, 0"})
    void aNumberHasThreeDigitsAndAUnit(double number, String text) {
        assertThat(Quantity.scaled(number)).isEqualTo(text);
    }

    @Test
    void theUnitStandsBeforeWhatIsMeasured() {
        assertThat(Quantity.scaled(1.25e9, "bit/s")).isEqualTo("1.25 Gbit/s");
        assertThat(Quantity.scaled(7, "bit/s")).isEqualTo("7 bit/s");
    }

    @ParameterizedTest
    @CsvSource({"0, 0s", "59.9, 59s", "192, 3m12s", "3600, 1h00m", "86399, 23h59m", "100000, 1d03h", "-1, 0s"})
    void aTimeHasTwoUnitsAtMost(double seconds, String text) {
        assertThat(Quantity.seconds(seconds)).isEqualTo(text);
    }

    @Test
    void aSilenceIsShortOrLong() {
        assertThat(Quantity.milliseconds(12)).isEqualTo("12ms");
        assertThat(Quantity.milliseconds(1234)).isEqualTo("1.2s");
        assertThat(Quantity.milliseconds(75_000)).isEqualTo("1m15s");
    }
}
