// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.ToLongFunction;

/** What a run of chaos came to. The keys of {@link #json} are stable. */
public final class ChaosResult {
    private static final double NS_PER_MS = 1e6;

    private final long seed;
    private final List<Outcome> outcomes;
    private final Totals totals;

    /**
     * The sums over all sessions.
     *
     * @param checkedBytes   bytes that came back right
     * @param corruptedBytes places at which a wrong byte came back
     * @param sessionsBroken connections that ended though neither of their OSes was to fail
     * @param falsePositives failures that the nanokernel saw where none was brought about
     * @param survivorsHit   OSes whose process 1 changed though they were not to fail
     */
    public record Totals(long checkedBytes, long corruptedBytes, long sessionsBroken, long falsePositives,
            long survivorsHit) {
    }

    ChaosResult(long seed, List<Outcome> outcomes, Totals totals) {
        this.seed = seed;
        this.outcomes = List.copyOf(outcomes);
        this.totals = totals;
    }

    /** Whether everything recovered and nothing was harmed that was not to be. */
    public boolean isGood() {
        return !outcomes.isEmpty() && recovered() == outcomes.size() && totals.corruptedBytes == 0
            && totals.sessionsBroken == 0 && totals.falsePositives == 0 && totals.survivorsHit == 0;
    }

    private long recovered() {
        return outcomes.stream().filter(Outcome::isRecovered).count();
    }

    /** As {@code -j} shows it. */
    public Map<String, Object> json() {
        Map<String, Object> json = new LinkedHashMap<>();
        json.put("seed", seed);
        json.put("injected", outcomes.size());
        json.put("recovered", recovered());
        json.put("corrupted_bytes", totals.corruptedBytes);
        json.put("sessions_broken", totals.sessionsBroken);
        json.put("false_positives", totals.falsePositives);
        json.put("survivors_hit", totals.survivorsHit);
        json.put("checked_bytes", totals.checkedBytes);
        json.put("detect_ms", times(Outcome::detectNs));
        json.put("recover_ms", times(Outcome::recoverNs));
        json.put("traffic_ms", times(Outcome::trafficNs));
        return json;
    }

    private Map<String, Object> times(ToLongFunction<Outcome> time) {
        Map<String, Object> kinds = new LinkedHashMap<>();
        for (Trouble trouble : Trouble.values()) {
            long[] sorted = sorted(trouble, time);
            if (sorted.length > 0) {
                Map<String, Object> one = new LinkedHashMap<>();
                one.put("count", sorted.length);
                one.put("p50", ms(percentile(sorted, 50)));
                one.put("p99", ms(percentile(sorted, 99)));
                one.put("max", ms(sorted[sorted.length - 1]));
                kinds.put(trouble.label(), one);
            }
        }
        return kinds;
    }

    private long[] sorted(Trouble trouble, ToLongFunction<Outcome> time) {
        return outcomes.stream().filter(outcome -> outcome.trouble() == trouble).mapToLong(time)
            .filter(ns -> ns >= 0).sorted().toArray();
    }

    /** The smallest value that so many percent of all do not exceed. */
    static long percentile(long[] sorted, int percent) {
        return sorted[(int) Math.ceil(percent / 100.0 * sorted.length) - 1];
    }

    private static double ms(long ns) {
        return Math.round(ns / NS_PER_MS * 100) / 100.0;
    }

    /** Rows of a table: kind, count, then p50, p99 and the longest of detection, recovery and traffic, in ms. */
    public List<List<Object>> rows() {
        List<List<Object>> rows = new ArrayList<>();
        for (Trouble trouble : Trouble.values()) {
            long count = outcomes.stream().filter(outcome -> outcome.trouble() == trouble).count();
            if (count > 0) {
                List<Object> row = new ArrayList<>(List.of(trouble.label(), count));
                for (ToLongFunction<Outcome> time : List.<ToLongFunction<Outcome>>of(Outcome::detectNs,
                        Outcome::recoverNs, Outcome::trafficNs)) {
                    long[] sorted = sorted(trouble, time);
                    row.addAll(sorted.length == 0 ? Arrays.asList("-", "-", "-") : List.of(ms(percentile(sorted, 50)),
                        ms(percentile(sorted, 99)), ms(sorted[sorted.length - 1])));
                }
                rows.add(row);
            }
        }
        return rows;
    }

    /** One line that says whether it was good. */
    public String sum() {
        return outcomes.size() + " injected, " + recovered() + " recovered, " + totals.corruptedBytes
            + " corrupted bytes of " + (totals.checkedBytes >> 20) + " MiB, " + totals.sessionsBroken
            + " sessions broken, " + totals.falsePositives + " false positives, " + totals.survivorsHit
            + " survivors hit";
    }
}
