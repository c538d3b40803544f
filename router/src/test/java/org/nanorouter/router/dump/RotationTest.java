// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import org.junit.jupiter.api.Test;

class RotationTest {
    private static final ZonedDateTime TIME = ZonedDateTime.of(2026, 3, 4, 5, 6, 7, 0, ZoneOffset.UTC);

    private static String name(Rotation rotation, String pattern, int number) {
        return rotation.name(pattern, number, TIME).toString();
    }

    @Test
    void oneFileHasTheNameThatWasGiven() {
        assertThat(name(Rotation.NONE, "a%Y.pcapng", 0)).isEqualTo("a%Y.pcapng");
    }

    @Test
    void filesAreNumberedFromTheSecondOn() {
        Rotation bySize = new Rotation(1_000_000, 0, 0);
        assertThat(name(bySize, "a", 0)).isEqualTo("a");
        assertThat(name(bySize, "a", 12)).isEqualTo("a12");
    }

    @Test
    void aRingNumbersFromZeroWithAsManyDigitsAsTheLastNeeds() {
        Rotation ring = new Rotation(1_000_000, 0, 11);
        assertThat(name(ring, "a", 0)).isEqualTo("a00");
        assertThat(name(ring, "a", 10)).isEqualTo("a10");
        assertThat(name(ring, "a", 11)).isEqualTo("a00");
    }

    @Test
    void theTimeStandsWhereTheNameAsksForIt() {
        Rotation byTime = new Rotation(0, 60, 0);
        assertThat(name(byTime, "a-%Y%m%dT%H%M%S-%s%%%x", 3)).isEqualTo("a-20260304T050607-1772600767%%x");
        assertThat(name(byTime, "a", 3)).isEqualTo("a3");
    }
}
