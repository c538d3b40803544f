// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

/** Draws numbers as a row of characters of different heights. */
final class Sparkline {
    /** Without the full block, so that lines under each other are not one wall. */
    private static final String BLOCKS = "\u2581\u2582\u2583\u2584\u2585\u2586\u2587";
    private static final String ASCII = "_.-:=+#";
    /** A number for which there is none. */
    private static final char UNKNOWN = ' ';

    private Sparkline() {
    }

    /**
     * A character each. The largest is as high as can be, unless it is below the floor, which then is: so a few bytes
     * do not look like a mountain.
     */
    static String draw(double[] numbers, double floor, boolean unicode) {
        String heights = unicode ? BLOCKS : ASCII;
        double largest = floor;
        for (double number : numbers) {
            // A comparison with NaN is false.
            largest = number > largest ? number : largest;
        }
        char[] drawn = new char[numbers.length];
        for (int i = 0; i < numbers.length; i++) {
            drawn[i] = Double.isNaN(numbers[i]) ? UNKNOWN : heights.charAt(height(numbers[i] / largest, heights));
        }
        return new String(drawn);
    }

    private static int height(double part, String heights) {
        int steps = heights.length() - 1;
        // What is not nothing is seen.
        return part <= 0 ? 0 : Math.min(steps, Math.max(1, (int) Math.round(part * steps)));
    }
}
