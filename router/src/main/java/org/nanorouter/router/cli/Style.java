// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the place where a command writes can show.
 *
 * @param colours whether escape sequences are welcome
 * @param unicode whether box characters and dots are; else ASCII stands for them
 * @param columns width in characters; 0: not known, nothing is wrapped
 */
record Style(boolean colours, boolean unicode, int columns) {
    private static final String PLAIN = "\u001b[0m";
    private static final String BOLD = "\u001b[1m";
    private static final String RED = "\u001b[1;31m";
    private static final String GREEN = "\u001b[1;32m";
    private static final String YELLOW = "\u001b[1;33m";
    private static final int NARROWEST = 20;
    private static final int WIDEST = 1000;

    /** That of standard output. */
    static Style ofOutput() {
        return of(System.getenv(), Terminal.outputHasColours());
    }

    static Style of(Map<String, String> environment, boolean colours) {
        return new Style(colours, isUnicode(environment), columns(environment.get("COLUMNS")));
    }

    /** The first of the three that is set has the say, as setlocale(3) has it. */
    private static boolean isUnicode(Map<String, String> environment) {
        for (String variable : List.of("LC_ALL", "LC_CTYPE", "LANG")) {
            String locale = environment.getOrDefault(variable, "");
            if (!locale.isEmpty()) {
                String upper = locale.toUpperCase(Locale.ROOT);
                return upper.contains("UTF-8") || upper.contains("UTF8");
            }
        }
        return false;
    }

    private static int columns(@Nullable String text) {
        try {
            int number = text == null ? 0 : Integer.parseInt(text);
            return number == 0 ? 0 : Math.max(NARROWEST, Math.min(WIDEST, number));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    String bold(String text) {
        return paint(BOLD, text);
    }

    String good(String text) {
        return paint(GREEN, text);
    }

    String doubtful(String text) {
        return paint(YELLOW, text);
    }

    String bad(String text) {
        return paint(RED, text);
    }

    private String paint(String colour, String text) {
        return colours ? colour + text + PLAIN : text;
    }

    /** A text in the colour of the state of an OS. */
    String inColourOf(String state, String text) {
        return switch (state) {
            case "running" -> good(text);
            case "booting", "suspect", "restarting" -> doubtful(text);
            case "panicked", "hung", "failed" -> bad(text);
            default -> text;
        };
    }

    /** A mark of one character for the state of an OS, in its colour. */
    String dot(String state) {
        String mark = switch (state) {
            case "running", "booting", "suspect", "restarting" -> unicode ? "●" : "*";
            case "panicked", "hung", "failed" -> unicode ? "×" : "x";
            default -> unicode ? "○" : "o";
        };
        return inColourOf(state, mark);
    }

    /** What stands before an entry of a tree: two characters. */
    String branch(boolean last) {
        if (unicode) {
            return last ? "└─" : "├─";
        }
        return last ? "`-" : "|-";
    }

    /** What stands before all that is beneath such an entry. */
    String trunk(boolean last) {
        return last ? "  " : unicode ? "│ " : "| ";
    }

    /**
     * Breaks a text at blanks so that each line fits behind {@code indent} columns; one line if the width is not known.
     * A word that is too long stays whole.
     */
    List<String> wrap(String text, int indent) {
        List<String> lines = new ArrayList<>();
        StringBuilder line = new StringBuilder();
        for (String word : text.split(" ")) {
            if (columns > 0 && !line.isEmpty() && indent + line.length() + 1 + word.length() > columns) {
                lines.add(line.toString());
                line.setLength(0);
            }
            line.append(line.isEmpty() ? "" : " ").append(word);
        }
        lines.add(line.toString());
        return lines;
    }
}
