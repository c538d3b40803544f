// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * {@code docs/abi.md}, read: the lines of each section, and the tables in them.
 */
final class Specification {

    /** A row of a field table. */
    record Field(int offset, int size, String name) {
    }

    private static final Pattern ROW =
        Pattern.compile("\\| (\\d+) \\| (u8|u16|u32|u64|char)(\\[\\d*])? \\| (\\w+) \\|.*");

    private final List<String> lines;

    Specification(Path file) throws IOException {
        lines = Files.readAllLines(file);
    }

    /** The text under the heading that begins with this number, up to the next heading. */
    List<String> section(String number) {
        final List<String> found = new ArrayList<>();
        boolean inside = false;
        for (final String line : lines) {
            if (line.startsWith("#")) {
                inside = line.replaceFirst("#+ ", "").startsWith(number + " ")
                    || line.replaceFirst("#+ ", "").startsWith(number + ". ");
            }
            if (inside) {
                found.add(line);
            }
        }
        if (found.isEmpty()) {
            throw new AssertionError("docs/abi.md has no section " + number);
        }
        return found;
    }

    /** The rows {@code | offset | type | field |} of a section. */
    List<Field> fields(String number) {
        final List<Field> fields = new ArrayList<>();
        for (final String line : section(number)) {
            final Matcher row = ROW.matcher(line);
            if (row.matches()) {
                fields.add(new Field(Integer.parseInt(row.group(1)), size(row.group(2), row.group(3)), row.group(4)));
            }
        }
        return fields;
    }

    /** The rows of a section's tables, each cell trimmed. */
    List<List<String>> rows(String number) {
        final List<List<String>> rows = new ArrayList<>();
        for (final String line : section(number)) {
            if (line.startsWith("| ")) {
                final List<String> cells = new ArrayList<>();
                for (final String cell : line.substring(1, line.lastIndexOf('|')).split("\\|", -1)) {
                    cells.add(cell.trim());
                }
                rows.add(cells);
            }
        }
        return rows;
    }

    /** The first match of {@code regex} anywhere. */
    Matcher find(String regex) {
        final Matcher matcher = Pattern.compile(regex, Pattern.DOTALL).matcher(String.join("\n", lines));
        if (!matcher.find()) {
            throw new AssertionError("docs/abi.md has nothing like " + regex);
        }
        return matcher;
    }

    /** Bytes of a type such as {@code u8[16]}; 0 for an array without a bound. */
    static int size(String type, String bound) {
        final int unit = type.equals("char") ? 1 : Integer.parseInt(type.substring(1)) / Byte.SIZE;
        if (bound == null) {
            return unit;
        }
        return bound.equals("[]") ? 0 : unit * Integer.parseInt(bound.substring(1, bound.length() - 1));
    }
}
