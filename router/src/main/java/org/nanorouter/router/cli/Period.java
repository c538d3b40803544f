// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

/** How long something was, as people say it. */
final class Period {
    private static final long MINUTE = 60;
    private static final long HOUR = 3600;
    private static final long DAY = 86_400;

    private Period() {
    }

    /** The two largest units of so many seconds: {@code 3 min 12 s}. */
    static String text(double seconds) {
        long whole = (long) seconds;
        if (whole < MINUTE) {
            return whole + " s";
        } else if (whole < HOUR) {
            return whole / MINUTE + " min " + whole % MINUTE + " s";
        } else if (whole < DAY) {
            return whole / HOUR + " h " + whole % HOUR / MINUTE + " min";
        }
        return whole / DAY + " d " + whole % DAY / HOUR + " h";
    }
}
