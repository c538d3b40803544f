// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.nanorouter.router.chaos.ChaosResult.Totals;

class ChaosResultTest {
    private static final long MS = 1_000_000;
    private static final Totals HARMLESS = new Totals(1 << 20, 0, 0, 0, 0);

    private static Outcome panic(int number, long detectMs) {
        return new Outcome(number, Trouble.PANIC, "guest", detectMs * MS, 200 * MS, 300 * MS);
    }

    @Test
    void percentilesAreValuesThatWereMeasured() {
        List<Outcome> outcomes = new ArrayList<>();
        for (int i = 1; i <= 200; i++) {
            outcomes.add(panic(i, i));
        }
        Map<?, ?> detect = (Map<?, ?>) new ChaosResult(1, outcomes, HARMLESS).json().get("detect_ms");
        assertThat((Map<?, ?>) detect.get("panic")).extracting("count", "p50", "p99", "max")
            .containsExactly(200, 100.0, 198.0, 200.0);
    }

    @Test
    void whatDidNotRecoverIsCountedAndNotTimed() {
        Outcome lost = new Outcome(2, Trouble.PANIC, "guest", -1, -1, -1);
        ChaosResult result = new ChaosResult(1, List.of(panic(1, 5), lost), HARMLESS);
        assertThat(result.json()).containsEntry("injected", 2).containsEntry("recovered", 1L);
        assertThat(result.isGood()).isFalse();
        assertThat((Map<?, ?>) ((Map<?, ?>) result.json().get("detect_ms")).get("panic")).extracting("count")
            .isEqualTo(1);
    }

    @Test
    void anyHarmIsNotGood() {
        List<Outcome> one = List.of(panic(1, 5));
        assertThat(new ChaosResult(1, one, HARMLESS).isGood()).isTrue();
        for (Totals harm : List.of(new Totals(1, 1, 0, 0, 0), new Totals(1, 0, 1, 0, 0), new Totals(1, 0, 0, 1, 0),
                new Totals(1, 0, 0, 0, 1))) {
            assertThat(new ChaosResult(1, one, harm).isGood()).as(harm.toString()).isFalse();
        }
        assertThat(new ChaosResult(1, List.of(), HARMLESS).isGood()).as("nothing was tried").isFalse();
    }

    @Test
    void theTableHasARowForEachKind() {
        Outcome slow = new Outcome(2, Trouble.PAUSE, "host", -1, 50 * MS, 60 * MS);
        List<List<Object>> rows = new ChaosResult(1, List.of(panic(1, 5), slow), HARMLESS).rows();
        assertThat(rows).hasSize(2);
        assertThat(rows.get(0)).startsWith("panic", 1L, 5.0).hasSize(11);
        assertThat(rows.get(1)).startsWith("slow", 1L, "-", "-", "-", 50.0);
    }
}
