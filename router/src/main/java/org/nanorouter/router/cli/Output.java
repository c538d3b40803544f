// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Shows the result of a command: lines and aligned tables for people, or one JSON value. */
public final class Output {
    private static final String BOLD = "\u001b[1m";
    private static final String PLAIN = "\u001b[0m";
    private static final int REPLACEMENT = '\ufffd';

    private final PrintWriter out;
    private final boolean json;
    private final boolean colours;

    public Output(PrintWriter out, boolean json, boolean colours) {
        this.out = out;
        this.json = json;
        this.colours = colours;
    }

    /** True if the command is to call {@link #json(Object)} once, and nothing else. */
    public boolean isJson() {
        return json;
    }

    /** Writes maps, lists, strings, numbers, booleans and nulls as indented JSON; maps keep their order. */
    public void json(Object value) {
        json(value, JSON.std.with(JSON.Feature.PRETTY_PRINT_OUTPUT));
    }

    /** The same as one line, of a command that goes on writing such lines. */
    public void jsonLine(Object value) {
        json(value, JSON.std);
    }

    private void json(Object value, JSON style) {
        try {
            out.println(style.with(JSON.Feature.WRITE_NULL_PROPERTIES)
                    .asString(value).replaceAll("[\\x7f-\\x9f]", "\ufffd"));
        } catch (IOException e) {
            throw new IllegalArgumentException("not a JSON value: " + value, e);
        }
        out.flush();
    }

    public void line(String text) {
        print(printable(text));
    }

    /** A heading, bold on a terminal. */
    public void heading(String text) {
        String safe = printable(text);
        print(colours ? BOLD + safe + PLAIN : safe);
    }

    /** A line with escape sequences of our own; what came from elsewhere in it was made {@link #printable}. */
    void painted(String text) {
        print(text);
    }

    private void print(String text) {
        out.println(text);
        out.flush();
    }

    /** Text with every control character replaced: part of it may come from a guest, and a terminal obeys those. */
    static String printable(String text) {
        StringBuilder safe = new StringBuilder(text.length());
        text.codePoints().forEach(c -> safe.appendCodePoint(isCommand(c) ? REPLACEMENT : c));
        return safe.toString();
    }

    private static boolean isCommand(int codePoint) {
        int type = Character.getType(codePoint);
        return type == Character.CONTROL || type == Character.FORMAT || type == Character.LINE_SEPARATOR
            || type == Character.PARAGRAPH_SEPARATOR || type == Character.SURROGATE;
    }

    /** Starts a table with these column headings; {@code >} before a heading aligns its column to the right. */
    public Table table(String... headings) {
        return new Table(headings);
    }

    /** Collects rows, then prints them with columns as wide as their widest cell. */
    public final class Table {
        private final String[] headings;
        private final boolean[] right;
        private final List<String[]> rows = new ArrayList<>();

        private Table(String... headings) {
            this.headings = new String[headings.length];
            this.right = new boolean[headings.length];
            for (int i = 0; i < headings.length; i++) {
                right[i] = headings[i].startsWith(">");
                this.headings[i] = right[i] ? headings[i].substring(1) : headings[i];
            }
        }

        /** Adds a row; null shows as {@code -}. */
        public Table row(@Nullable Object... cells) {
            if (cells.length != headings.length) {
                throw new IllegalArgumentException("cells=" + cells.length + " columns=" + headings.length);
            }
            String[] row = new String[cells.length];
            for (int i = 0; i < cells.length; i++) {
                row[i] = cells[i] == null ? "-" : printable(String.valueOf(cells[i]));
            }
            rows.add(row);
            return this;
        }

        /** Prints the headings and all rows; or if they are wider than {@code columns}, unless that is 0, as lists. */
        public void print(int columns) {
            int total = -2;
            for (int i = 0; i < headings.length; i++) {
                int width = headings[i].length();
                for (String[] row : rows) {
                    width = Math.max(width, row[i].length());
                }
                total += width + 2;
            }
            if (columns == 0 || total <= columns) {
                print();
                return;
            }
            for (String[] row : rows) {
                heading(row[0]);
                for (int i = 1; i < headings.length; i++) {
                    if (!"-".equals(row[i])) {
                        out.println("  " + headings[i].toLowerCase(Locale.ROOT) + " " + row[i]);
                    }
                }
            }
            out.flush();
        }

        /** Prints the headings and all rows. */
        public void print() {
            int[] widths = new int[headings.length];
            for (int i = 0; i < headings.length; i++) {
                widths[i] = headings[i].length();
                for (String[] row : rows) {
                    widths[i] = Math.max(widths[i], row[i].length());
                }
            }
            heading(layOut(headings, widths));
            for (String[] row : rows) {
                out.println(layOut(row, widths));
            }
            out.flush();
        }

        private String layOut(String[] cells, int[] widths) {
            StringBuilder line = new StringBuilder();
            for (int i = 0; i < cells.length; i++) {
                String space = " ".repeat(widths[i] - cells[i].length());
                line.append(right[i] ? space + cells[i] : cells[i] + space).append(i + 1 < cells.length ? "  " : "");
            }
            return line.toString().stripTrailing();
        }
    }
}
