// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

/**
 * What the terminal can show.
 *
 * @param width     columns
 * @param height    lines
 * @param isUnicode false if it has ASCII alone
 */
record Look(int width, int height, boolean isUnicode, Palette palette) {
    private static final String EIGHTHS = " \u258f\u258e\u258d\u258c\u258b\u258a\u2589\u2588";
    private static final int STEPS = 8;

    /** A bar, filled to a part of 0 to 1. */
    String bar(double part, int columns) {
        double filled = Math.max(0, Math.min(1, part)) * columns;
        StringBuilder bar = new StringBuilder(columns);
        for (int i = 0; i < columns; i++) {
            double here = Math.max(0, Math.min(1, filled - i));
            if (isUnicode) {
                bar.append(EIGHTHS.charAt((int) Math.round(here * STEPS)));
            } else {
                bar.append(here >= 0.5 ? '#' : '.');
            }
        }
        return bar.toString();
    }
}
