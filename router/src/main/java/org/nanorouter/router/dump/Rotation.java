// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.nio.file.Path;
import java.time.ZonedDateTime;

/**
 * When a file of a capture is full, and how the next one is called: as tcpdump does it.
 *
 * @param maxBytes a file that has so many is followed by the next; 0: none is
 * @param seconds  a file that is so old is followed by the next; 0: none is
 * @param files    with {@code maxBytes}: so many are kept, the oldest is replaced; with {@code seconds} alone: after so
 *                 many the capture ends; 0: no limit
 */
public record Rotation(long maxBytes, long seconds, int files) {
    /** One file that grows. */
    public static final Rotation NONE = new Rotation(0, 0, 0);

    /** Whether there may be more than one file. */
    boolean isWanted() {
        return maxBytes > 0 || seconds > 0;
    }

    /** Whether the oldest file gives its place to the newest. */
    boolean isRing() {
        return maxBytes > 0 && files > 0;
    }

    /**
     * Name of a file.
     *
     * @param number 0 for the first
     * @param time   when it begins; with {@code seconds} the name's {@code %Y %m %d %H %M %S} stand for it
     */
    Path name(String pattern, int number, ZonedDateTime time) {
        boolean named = seconds > 0 && pattern.indexOf('%') >= 0;
        String name = named ? replace(pattern, time) : pattern;
        if (isRing()) {
            String digits = String.valueOf(number % files);
            int width = String.valueOf(files - 1).length();
            return Path.of(name + "0".repeat(width - digits.length()) + digits);
        }
        return Path.of(number == 0 || named && maxBytes == 0 ? name : name + number);
    }

    private static String replace(String pattern, ZonedDateTime time) {
        StringBuilder name = new StringBuilder();
        for (int i = 0; i < pattern.length(); i++) {
            char next = i + 1 < pattern.length() && pattern.charAt(i) == '%' ? pattern.charAt(i + 1) : 0;
            switch (next) {
                case 'Y' -> name.append(time.getYear());
                case 'm' -> twoDigits(name, time.getMonthValue());
                case 'd' -> twoDigits(name, time.getDayOfMonth());
                case 'H' -> twoDigits(name, time.getHour());
                case 'M' -> twoDigits(name, time.getMinute());
                case 'S' -> twoDigits(name, time.getSecond());
                case 's' -> name.append(time.toEpochSecond());
                case '%' -> name.append('%');
                default -> {
                    name.append(pattern.charAt(i));
                    continue;
                }
            }
            i++;
        }
        return name.toString();
    }

    private static void twoDigits(StringBuilder name, int value) {
        name.append((char) ('0' + value / 10)).append((char) ('0' + value % 10));
    }
}
