// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** A line of the picture that is being drawn, no longer than it may be. All characters are one column wide. */
final class Line {
    private static final String SPACES = " ".repeat(200);

    private final AttributedStringBuilder text;
    private final int width;

    Line(int width) {
        this.width = width;
        this.text = new AttributedStringBuilder(width);
    }

    int left() {
        return width - text.length();
    }

    Line add(String part, AttributedStyle style) {
        int room = left();
        if (room > 0 && !part.isEmpty()) {
            text.style(style);
            text.append(part, 0, Math.min(room, part.length()));
        }
        return this;
    }

    Line spaces(int count) {
        if (count > 0) {
            text.style(AttributedStyle.DEFAULT);
            for (int rest = Math.min(count, left()); rest > 0; rest -= SPACES.length()) {
                text.append(SPACES, 0, Math.min(rest, SPACES.length()));
            }
        }
        return this;
    }

    /** Adds a part that takes just so many columns: cut, or filled with spaces at one side. */
    Line cell(String part, int columns, boolean right, AttributedStyle style) {
        int length = Math.min(part.length(), columns);
        if (right) {
            spaces(columns - length);
        }
        add(part.length() > columns ? part.substring(0, columns) : part, style);
        return right ? this : spaces(columns - length);
    }

    AttributedString done() {
        int end = text.length();
        while (end > 0 && text.charAt(end - 1) == ' ' && text.styleAt(end - 1).equals(AttributedStyle.DEFAULT)) {
            end--;
        }
        return text.subSequence(0, end);
    }
}
