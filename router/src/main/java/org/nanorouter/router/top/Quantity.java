// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

/** Numbers as people read them. Not by String.format, which costs more than all the rest of a picture. */
final class Quantity {
    private static final String UNITS = " kMGTPE";
    private static final int STEP = 1000;
    private static final int TEN = 10;
    private static final int HUNDRED = 100;
    private static final int MINUTE = 60;
    private static final int HOUR = 60 * MINUTE;
    private static final int DAY = 24 * HOUR;
    private static final int MS_PER_S = 1000;

    private Quantity() {
    }

    /** Three digits and a unit of 1000, at most 5 characters: {@code 0}, {@code 0.3}, {@code 17}, {@code 1.25G}. */
    static String scaled(double amount) {
        double rest = Math.max(0, amount);
        int unit = 0;
        // What rounds to 1000 is one of the next unit.
        while (rest >= STEP - 0.5 && unit + 1 < UNITS.length()) {
            rest /= STEP;
            unit++;
        }
        if (unit == 0) {
            if (rest >= TEN || Math.round(rest * TEN) % TEN == 0) {
                return Long.toString(Math.round(rest));
            }
            return decimals(rest, TEN);
        }
        String digits = rest >= HUNDRED - 0.05 ? Long.toString(Math.round(rest))
                : rest >= TEN - 0.005 ? decimals(rest, TEN) : decimals(rest, HUNDRED);
        return digits + UNITS.charAt(unit);
    }

    /** The same with a space before the unit, and one behind: {@code 1.25 Gbit/s}. */
    static String scaled(double amount, String of) {
        String number = scaled(amount);
        int last = number.length() - 1;
        return Character.isDigit(number.charAt(last)) ? number + " " + of
                : number.substring(0, last) + " " + number.charAt(last) + of;
    }

    /** With one decimal for a scale of 10, two for one of 100. */
    static String decimals(double amount, int scale) {
        long scaled = Math.round(amount * scale);
        long fraction = scaled % scale;
        return scaled / scale + (scale == HUNDRED && fraction < TEN ? ".0" : ".") + fraction;
    }

    /** Two units at most: {@code 7s}, {@code 3m12s}, {@code 3h12m}, {@code 4d03h}. */
    static String seconds(double seconds) {
        long whole = Math.max(0, (long) seconds);
        if (whole < MINUTE) {
            return whole + "s";
        } else if (whole < HOUR) {
            return whole / MINUTE + "m" + two(whole % MINUTE) + "s";
        } else if (whole < DAY) {
            return whole / HOUR + "h" + two(whole % HOUR / MINUTE) + "m";
        }
        return whole / DAY + "d" + two(whole % DAY / HOUR) + "h";
    }

    /** {@code 12ms}, {@code 1.2s}, then as {@link #seconds}. */
    static String milliseconds(long milliseconds) {
        if (milliseconds < MS_PER_S) {
            return milliseconds + "ms";
        } else if (milliseconds < TEN * MS_PER_S) {
            return decimals((double) milliseconds / MS_PER_S, TEN) + "s";
        }
        return seconds((double) milliseconds / MS_PER_S);
    }

    private static String two(long number) {
        return number < TEN ? "0" + number : Long.toString(number);
    }
}
