// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.time.Instant;
import java.time.ZoneId;

/** The time of day, as tcpdump shows it. */
final class WallTime {
    private static final long NS_PER_S = 1_000_000_000;
    private static final int NS_PER_US = 1_000;
    private static final int US_DIGITS = 6;

    private final ZoneId zone = ZoneId.systemDefault();
    private long second = Long.MIN_VALUE;
    private String text = "";

    /** Appends {@code HH:MM:SS.microseconds}. */
    void append(StringBuilder line, long time) {
        long now = Math.floorDiv(time, NS_PER_S);
        if (now != second) {
            second = now;
            // With a second of 0 the text would end before it.
            text = Instant.ofEpochSecond(now).atZone(zone).toLocalTime().toString();
            text = text.length() == "HH:MM".length() ? text + ":00" : text;
        }
        line.append(text).append('.');
        String us = String.valueOf(Math.floorMod(time, NS_PER_S) / NS_PER_US);
        line.append("0".repeat(US_DIGITS - us.length())).append(us);
    }
}
