// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

/** Nanoseconds as microseconds with one digit behind the point. */
final class Micros {
    private static final long NS_PER_TENTH = 100;

    private Micros() {
    }

    static String of(long ns) {
        return number(ns) + " us";
    }

    static String number(long ns) {
        long tenths = (ns + NS_PER_TENTH / 2) / NS_PER_TENTH;
        return tenths / 10 + "." + tenths % 10;
    }
}
