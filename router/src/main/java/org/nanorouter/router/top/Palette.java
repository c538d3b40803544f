// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import org.jline.utils.AttributedStyle;

/** How parts of the picture look. Without colours bold and reverse remain; {@link #PLAIN} has none of these. */
enum Palette {
    /** Characters alone. */
    PLAIN,
    /** No colour, as NO_COLOR asks. */
    MONOCHROME,
    COLOURS;

    private static final AttributedStyle NOTHING = AttributedStyle.DEFAULT;

    AttributedStyle text() {
        return NOTHING;
    }

    AttributedStyle strong() {
        return this == PLAIN ? NOTHING : NOTHING.bold();
    }

    /** For what is there and rarely read. */
    AttributedStyle quiet() {
        return this == COLOURS ? NOTHING.faint() : NOTHING;
    }

    AttributedStyle reverse() {
        return this == PLAIN ? NOTHING : NOTHING.inverse();
    }

    AttributedStyle good() {
        return colour(AttributedStyle.GREEN);
    }

    AttributedStyle warning() {
        return colour(AttributedStyle.YELLOW);
    }

    AttributedStyle bad() {
        return this == COLOURS ? NOTHING.bold().foreground(AttributedStyle.RED) : strong();
    }

    AttributedStyle curve() {
        return colour(AttributedStyle.CYAN);
    }

    private AttributedStyle colour(int colour) {
        return this == COLOURS ? NOTHING.foreground(colour) : NOTHING;
    }
}
