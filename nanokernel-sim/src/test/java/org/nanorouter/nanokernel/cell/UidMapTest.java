// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class UidMapTest {
    private static final List<String> ALL = List.of("         0          0 4294967295");
    private static final List<String> CONTAINER = List.of("0 1000 1", "1 100000 65536");

    @Test
    void theMachineItselfHasEveryRange() {
        assertThat(new UidMap(List.of(ALL, ALL)).holds(100_000, 65_536)).isTrue();
    }

    @Test
    void aContainerHasWhatItWasGivenInOnePiece() {
        UidMap map = new UidMap(List.of(CONTAINER, CONTAINER));
        assertThat(map.holds(1, 65_536)).isTrue();
        assertThat(map.holds(0, 65_536)).isFalse();
        assertThat(map.holds(100_000, 65_536)).isFalse();
    }

    @Test
    void groupsCountAsUsersDo() {
        assertThat(new UidMap(List.of(ALL, CONTAINER)).holds(100_000, 65_536)).isFalse();
    }
}
