// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.ArrayList;
import java.util.List;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStyle;

/** A table with a line of headings. Drawn once. */
abstract class Pane {
    /** From here on there is room for more than the numbers. */
    static final int WIDE = 110;

    final Look look;
    private List<Column> columns = List.of();

    Pane(Look look) {
        this.look = look;
    }

    /** Rows that there are to show. */
    abstract int rows();

    /** Its columns, from left to right. */
    abstract List<Column> columns();

    /** Draws a cell into columns of the screen, which it fills. */
    abstract void cell(int row, Column column, int width, Line line);

    /** Whether the rows are ordered by this column: 1 the largest first, -1 the smallest first, 0 not by this one. */
    int order(Column column) {
        return 0;
    }

    /** The headings and at most so many lines of rows, from the first one on; a note says how many are left out. */
    List<AttributedString> draw(int first, int lines) {
        columns = columns();
        int gap = look.width() >= WIDE ? 2 : 1;
        int[] widths = Column.widths(columns, look.width(), gap);
        List<AttributedString> drawn = new ArrayList<>();
        int last = Math.min(rows(), first + lines);
        int hidden = rows() - (last - first);
        drawn.add(headings(widths, gap, hidden));
        for (int row = first; row < last; row++) {
            Line line = new Line(look.width());
            for (int i = 0; i < widths.length; i++) {
                if (widths[i] > 0) {
                    line.spaces(line.left() == look.width() ? 0 : gap);
                    cell(row, columns.get(i), widths[i], line);
                }
            }
            drawn.add(line.done());
        }
        return drawn;
    }

    private AttributedString headings(int[] widths, int gap, int hidden) {
        Line line = new Line(look.width());
        for (int i = 0; i < widths.length; i++) {
            if (widths[i] > 0) {
                line.spaces(line.left() == look.width() ? 0 : gap);
                Column column = columns.get(i);
                int order = order(column);
                String mark = order == 0 || !look.isUnicode() ? "" : order > 0 ? "\u25be" : "\u25b4";
                AttributedStyle style = order == 0 ? look.palette().quiet() : look.palette().strong();
                String heading = column.heading() + mark;
                if (i == 0 && hidden > 0) {
                    heading = heading + " +" + hidden;
                }
                line.cell(heading, widths[i], column.right(), style);
            }
        }
        return line.done();
    }
}
