// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.List;

/**
 * A column of a table.
 *
 * @param id    which one, for who draws the cells
 * @param right whether its cells are at its right side
 * @param rank  the smaller, the sooner it is given room
 * @param least columns of the screen without which it is left out
 * @param most  columns that it takes if there is room
 */
record Column(int id, String heading, boolean right, int rank, int least, int most) {
    /**
     * The width of each, 0 if it is left out: by rank, as many as fit; then each, by rank, as wide as it may be.
     *
     * @param gap spaces between two
     */
    static int[] widths(List<Column> columns, int width, int gap) {
        int[] widths = new int[columns.size()];
        // The first one has no gap before it.
        int left = width + gap;
        int[] order = order(columns);
        for (int index : order) {
            int least = columns.get(index).least();
            if (least > 0 && least + gap <= left) {
                widths[index] = least;
                left -= least + gap;
            }
        }
        for (int index : order) {
            int more = Math.min(left, columns.get(index).most() - widths[index]);
            if (widths[index] > 0 && more > 0) {
                widths[index] += more;
                left -= more;
            }
        }
        return widths;
    }

    private static int[] order(List<Column> columns) {
        int[] order = new int[columns.size()];
        for (int i = 0; i < order.length; i++) {
            int at = i;
            while (at > 0 && columns.get(order[at - 1]).rank() > columns.get(i).rank()) {
                order[at] = order[at - 1];
                at--;
            }
            order[at] = i;
        }
        return order;
    }
}
