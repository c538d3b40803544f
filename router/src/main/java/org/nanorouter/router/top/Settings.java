// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.Locale;

/** What the user has chosen, and what each key changes of it. */
final class Settings {
    private static final int PAGE = 10;
    private static final int MAX_FILTER = 40;

    /** What the ports are ordered by; the largest first, names from A to Z. */
    enum Sort {
        RATE, FRAMES, DROPS, NAME;

        Sort next() {
            return values()[(ordinal() + 1) % values().length];
        }
    }

    private Sort sort = Sort.RATE;
    private boolean reversed;
    private boolean bits = true;
    private boolean paused;
    private boolean oses = true;
    private boolean ports = true;
    private boolean flows = true;
    private boolean help;
    private boolean typing;
    private String filter = "";
    private int scroll;

    /** Does what the key means; false if it is to quit. {@code character} counts for {@link Key#CHARACTER} alone. */
    boolean press(Key key, char character) {
        if (key == Key.CLOSED) {
            return false;
        } else if (typing) {
            type(key, character);
            return true;
        } else if (help && key != Key.OTHER) {
            help = false;
            return true;
        }
        switch (key) {
            case UP -> scroll(-1);
            case DOWN -> scroll(1);
            case PAGE_UP -> scroll(-PAGE);
            case PAGE_DOWN -> scroll(PAGE);
            case HOME -> scroll = 0;
            case END -> scroll = Integer.MAX_VALUE;
            case ESCAPE -> filter = "";
            case CHARACTER -> {
                return press(character);
            }
            default -> {
                return true;
            }
        }
        return true;
    }

    private boolean press(char character) {
        switch (character) {
            case 'q', 'Q' -> {
                return false;
            }
            case 's' -> sort = sort.next();
            case 'r' -> reversed = !reversed;
            case 'b' -> bits = !bits;
            case 'o' -> oses = !oses;
            case 'p' -> ports = !ports;
            case 'f' -> flows = !flows;
            case ' ' -> paused = !paused;
            case '/' -> typing = true;
            case 'h', '?' -> help = true;
            case 'k' -> scroll(-1);
            case 'j' -> scroll(1);
            default -> {
                return true;
            }
        }
        return true;
    }

    private void type(Key key, char character) {
        switch (key) {
            case ENTER -> typing = false;
            case ESCAPE -> {
                typing = false;
                filter = "";
            }
            case BACKSPACE -> filter = filter.isEmpty() ? filter : filter.substring(0, filter.length() - 1);
            case CHARACTER -> {
                if (character > ' ' && character <= '~' && filter.length() < MAX_FILTER) {
                    filter += character;
                }
            }
            default -> {
                return;
            }
        }
    }

    private void scroll(int lines) {
        scroll = (int) Math.min(Integer.MAX_VALUE, Math.max(0, (long) scroll + lines));
    }

    /** How far the view could scroll: further makes no difference, and the way back begins there. */
    void limitScroll(int most) {
        scroll = Math.min(scroll, Math.max(0, most));
    }

    Sort sort() {
        return sort;
    }

    boolean isReversed() {
        return reversed;
    }

    boolean hasBits() {
        return bits;
    }

    /** While it is so no sample is taken. */
    boolean isPaused() {
        return paused;
    }

    boolean hasOses() {
        return oses;
    }

    boolean hasPorts() {
        return ports;
    }

    boolean hasFlows() {
        return flows;
    }

    boolean hasHelp() {
        return help;
    }

    /** Whether keys go into the filter. */
    boolean isTyping() {
        return typing;
    }

    /** Part of a name; whatever has none such is not shown. */
    String filter() {
        return filter;
    }

    boolean admits(String name) {
        return filter.isEmpty() || name.toLowerCase(Locale.ROOT).contains(
                filter.toLowerCase(Locale.ROOT));
    }

    /** Lines by which the pane that does not fit is moved. */
    int scroll() {
        return scroll;
    }

    void use(boolean inBits) {
        bits = inBits;
    }
}
