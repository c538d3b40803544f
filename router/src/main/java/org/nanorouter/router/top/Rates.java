// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What crosses a port each second, between two samples of it.
 *
 * @param drops frames that came in and went nowhere, over all reasons
 * @param why   the same by reason; without those that are 0
 */
public record Rates(double inBytes, double inFrames, double outBytes, double outFrames, double drops,
        Map<String, Double> why) {
    private static final double NS_PER_S = 1e9;

    /** The rates between two samples, or null if a counter shrank: then they are not of one life of the port. */
    static @Nullable Rates between(Sample.Port before, Sample.Port now, long ns) {
        if (ns <= 0 || now.inBytes() < before.inBytes() || now.inFrames() < before.inFrames()
                || now.outBytes() < before.outBytes() || now.outFrames() < before.outFrames()) {
            return null;
        }
        double perSecond = NS_PER_S / ns;
        double drops = 0;
        Map<String, Double> why = Map.of();
        for (Map.Entry<String, Long> entry : now.drops().entrySet()) {
            long grown = entry.getValue() - before.drops().getOrDefault(entry.getKey(), 0L);
            if (grown < 0) {
                return null;
            } else if (grown > 0) {
                why = why.isEmpty() ? new LinkedHashMap<>() : why;
                why.put(entry.getKey(), grown * perSecond);
                drops += grown * perSecond;
            }
        }
        return new Rates((now.inBytes() - before.inBytes()) * perSecond,
                (now.inFrames() - before.inFrames()) * perSecond, (now.outBytes() - before.outBytes()) * perSecond,
                (now.outFrames() - before.outFrames()) * perSecond, drops, why);
    }
}
