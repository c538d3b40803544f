// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineTest {
    @ParameterizedTest
    @CsvSource({"defined, false", "booting, false", "restarting, false", "suspect, false", "running, true",
        "panicked, true", "hung, true", "stopped, true", "failed, true"})
    void anOsThatIsOnlyLateMayStillComeUp(String state, boolean decided) {
        assertThat(Machine.isDecided(state)).isEqualTo(decided);
    }
}
