// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.io.IOException;
import java.nio.charset.MalformedInputException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.OptionalLong;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;
import org.tomlj.Toml;
import org.tomlj.TomlArray;
import org.tomlj.TomlParseError;
import org.tomlj.TomlParseResult;
import org.tomlj.TomlPosition;
import org.tomlj.TomlTable;

/**
 * One table of a TOML file, read key by key.
 *
 * <p>Getters note mistakes and return their default, so that all mistakes of a file are reported at once by
 * {@link #finish}, which the reader of the root table calls last. Tables that are absent are read as empty ones.
 *
 * <pre>{@code
 * ConfigReader root = ConfigReader.open(file);
 * long ring = root.table("machine").size("ring_size", 1 << 20, 256 << 10, 64 << 20);
 * for (ConfigReader os : root.tables("os")) {
 *     String name = os.requireString("name");
 * }
 * root.finish();
 * }</pre>
 */
public final class ConfigReader {
    private final Source source;
    private final TomlTable table;
    private final TomlPosition position;
    private final String path;
    private final Set<String> known = new LinkedHashSet<>();
    private final List<ConfigReader> children = new ArrayList<>();
    private final Map<String, ConfigReader> tables = new HashMap<>();

    private ConfigReader(Source source, TomlTable table, TomlPosition position, String path) {
        this.source = source;
        this.table = table;
        this.position = position;
        this.path = path;
    }

    /**
     * Opens a file.
     *
     * @throws ConfigException if it cannot be read or is not TOML; it has the syntax errors
     */
    public static ConfigReader open(Path file) throws ConfigException {
        return parse(text(file), file);
    }

    /** The text of a file. */
    static String text(Path file) throws ConfigException {
        try {
            return Files.readString(file, StandardCharsets.UTF_8);
        } catch (NoSuchFileException e) {
            throw new ConfigException(List.of(file + ":1:1: no such file; expected a TOML file"));
        } catch (MalformedInputException e) {
            throw new ConfigException(List.of(file + ":1:1: not UTF-8 text; expected a TOML file"));
        } catch (IOException e) {
            throw new ConfigException(List.of(file + ":1:1: cannot be read (" + e + "); expected a TOML file"));
        }
    }

    /** Parses a text; {@code file} is its name in messages, and relative paths are taken from its directory. */
    public static ConfigReader parse(String text, Path file) throws ConfigException {
        TomlParseResult result = Toml.parse(text);
        if (!result.errors().isEmpty()) {
            List<String> mistakes = new ArrayList<>();
            for (TomlParseError error : result.errors()) {
                mistakes.add(message(file, error.position(), String.valueOf(error.getMessage())));
            }
            throw new ConfigException(mistakes);
        }
        return new ConfigReader(new Source(file, text), result, TomlPosition.positionAt(1, 1), "");
    }

    /** True if the table has the key; asking makes the key a known one. */
    public boolean has(String key) {
        return value(key) != null;
    }

    /** A text, or the default. */
    public String string(String key, String otherwise) {
        String text = text(key, "a string");
        return text == null ? otherwise : text;
    }

    /** A text that must be there; its absence is noted, and the empty string returned. */
    public String requireString(String key) {
        if (value(key) == null) {
            mistake(key, "'" + path + key + "' is missing", "a string");
            return "";
        }
        return string(key, "");
    }

    /** A path; a relative one is taken from the directory of the configuration file. */
    public @Nullable Path path(String key, @Nullable Path otherwise) {
        String text = text(key, "a path");
        if (text == null) {
            return otherwise;
        }
        if (text.isEmpty() || text.indexOf('\0') >= 0) {
            mistake(key, wrong(key, text), "a path");
            return otherwise;
        }
        return source.file.toAbsolutePath().resolveSibling(text).normalize();
    }

    /** One of the constants of an enum, written in lower case with {@code -} for {@code _}. */
    public <E extends Enum<E>> E choice(String key, Class<E> type, E otherwise) {
        List<String> names = new ArrayList<>();
        for (E constant : type.getEnumConstants()) {
            names.add(label(constant));
        }
        String expected = "one of " + String.join(", ", names);
        String text = text(key, expected);
        if (text == null) {
            return otherwise;
        }
        int index = names.indexOf(text);
        if (index < 0) {
            String nearest = NearestName.of(text, names);
            mistake(key, wrong(key, text) + (nearest == null ? "" : ", did you mean '" + nearest + "'?"), expected);
            return otherwise;
        }
        return type.getEnumConstants()[index];
    }

    /** A whole number within {@code min} and {@code max}, both included. */
    public int integer(String key, int otherwise, int min, int max) {
        return (int) integer(key, (long) otherwise, min, max);
    }

    /** A whole number that may be larger than an {@code int}. */
    public long integer(String key, long otherwise, long min, long max) {
        Object value = value(key);
        if (value == null) {
            return otherwise;
        }
        String expected = "a whole number from " + min + " to " + max;
        if (!(value instanceof Long number) || number < min || number > max) {
            mistake(key, wrong(key, value), expected);
            return otherwise;
        }
        return number;
    }

    /** Bytes, written with a unit of B, KiB, MiB or GiB. */
    public long size(String key, long otherwise, long min, long max) {
        return quantity(key, Unit.SIZE, otherwise, min, max);
    }

    /** A time, written with a unit of ns, us, ms, s, min or h. */
    public Duration duration(String key, Duration otherwise, Duration min, Duration max) {
        return Duration.ofNanos(quantity(key, Unit.DURATION, otherwise.toNanos(), min.toNanos(), max.toNanos()));
    }

    /** True or false. */
    public boolean bool(String key, boolean otherwise) {
        Object value = value(key);
        if (value == null || value instanceof Boolean) {
            return value == null ? otherwise : (Boolean) value;
        }
        mistake(key, wrong(key, value), "true or false");
        return otherwise;
    }

    /** A list of texts, or the default. */
    public List<String> strings(String key, List<String> otherwise) {
        Object value = value(key);
        if (value == null) {
            return otherwise;
        }
        String expected = "a list of strings";
        if (!(value instanceof TomlArray array)) {
            mistake(key, wrong(key, value), expected);
            return otherwise;
        }
        List<String> texts = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            if (array.get(i) instanceof String text) {
                texts.add(text);
            } else {
                source.mistake(source.elementOf(array, i), wrong(key, array.get(i)), expected);
            }
        }
        return List.copyOf(texts);
    }

    /** A table of texts whose keys are free. */
    public Map<String, String> stringMap(String key) {
        Map<String, String> texts = new TreeMap<>();
        ConfigReader reader = table(key);
        for (String name : reader.table.keySet()) {
            String text = reader.text(name, "a string");
            if (text != null) {
                texts.put(name, text);
            }
        }
        return new LinkedHashMap<>(texts);
    }

    /** The six bytes of an Ethernet address of one station, or null if the key is absent or wrong. */
    public byte @Nullable [] mac(String key) {
        String expected = "the Ethernet address of one station such as \"02:00:00:00:00:01\"";
        String text = text(key, expected);
        if (text == null) {
            return null;
        }
        byte[] mac = NetworkNames.mac(text);
        if (mac == null) {
            mistake(key, wrong(key, text), expected);
        }
        return mac;
    }

    /** An address with its prefix length such as {@code "10.77.0.1/24"}, or null if the key is absent or wrong. */
    public @Nullable Prefix prefix(String key) {
        String text = text(key, NetworkNames.PREFIX_EXPECTED);
        if (text == null) {
            return null;
        }
        Prefix prefix = NetworkNames.prefix(text);
        if (prefix == null) {
            mistake(key, wrong(key, text), NetworkNames.PREFIX_EXPECTED);
        }
        return prefix;
    }

    /** A list of addresses with prefix lengths; empty if the key is absent. */
    public List<Prefix> prefixes(String key) {
        List<Prefix> prefixes = new ArrayList<>();
        List<String> texts = strings(key, List.of());
        for (int i = 0; i < texts.size(); i++) {
            Prefix prefix = NetworkNames.prefix(texts.get(i));
            if (prefix == null) {
                mistake(key, i, wrong(key, texts.get(i)), NetworkNames.PREFIX_EXPECTED);
            } else {
                prefixes.add(prefix);
            }
        }
        return List.copyOf(prefixes);
    }

    /** The table under a key, the same reader each time; an empty one if the key is absent. */
    public ConfigReader table(String key) {
        return tables.computeIfAbsent(key, this::openTable);
    }

    private ConfigReader openTable(String key) {
        Object value = value(key);
        if (value instanceof TomlTable found) {
            return child(found, positionOf(key), path + key + ".");
        }
        if (value != null) {
            mistake(key, wrong(key, value), "a table");
        }
        return child(Toml.parse(""), positionOf(key), path + key + ".");
    }

    /** The tables of a list, as {@code [[key]]} makes one; empty if the key is absent. */
    public List<ConfigReader> tables(String key) {
        Object value = value(key);
        if (value == null) {
            return List.of();
        }
        if (!(value instanceof TomlArray array)) {
            mistake(key, wrong(key, value), "a list of tables");
            return List.of();
        }
        List<ConfigReader> readers = new ArrayList<>();
        for (int i = 0; i < array.size(); i++) {
            if (array.get(i) instanceof TomlTable found) {
                readers.add(child(found, source.elementOf(array, i), path + key + "."));
            } else {
                source.mistake(source.elementOf(array, i), wrong(key, array.get(i)), "a table");
            }
        }
        return readers;
    }

    /** Notes a mistake at a key's place, or at the table's if it has no such key. */
    public void mistake(String key, String wrong, String expected) {
        source.mistake(positionOf(key), wrong, expected);
    }

    /** Notes a mistake at an element of the list under a key. */
    public void mistake(String key, int index, String wrong, String expected) {
        source.mistake(positionOf(key, index), wrong, expected);
    }

    /** Where a key stands, or the table if it has no such key, as {@code line 3}. */
    public String lineOf(String key) {
        return "line " + positionOf(key).line();
    }

    /** Where an element of the list under a key stands, in the same words. */
    public String lineOf(String key, int index) {
        return "line " + positionOf(key, index).line();
    }

    /**
     * Ends the reading of a file.
     *
     * @throws ConfigException if any table read from this one had a mistake or a key that nobody asked for
     */
    public void finish() throws ConfigException {
        noteUnknownKeys();
        if (!source.mistakes.isEmpty()) {
            throw new ConfigException(source.messages());
        }
    }

    private void noteUnknownKeys() {
        for (String key : table.keySet()) {
            if (!known.contains(key)) {
                String nearest = NearestName.of(key, known);
                String hint = nearest == null ? "" : ", did you mean '" + nearest + "'?";
                source.mistake(positionOf(key), "unknown key '" + path + key + "'" + hint,
                        known.isEmpty() ? "nothing here" : "one of " + String.join(", ", known));
            }
        }
        children.forEach(ConfigReader::noteUnknownKeys);
    }

    private ConfigReader child(TomlTable found, TomlPosition place, String name) {
        ConfigReader reader = new ConfigReader(source, found, place, name);
        children.add(reader);
        return reader;
    }

    private long quantity(String key, Unit unit, long otherwise, long min, long max) {
        String expected = unit.expected() + " from " + unit.format(min) + " to " + unit.format(max);
        String text = text(key, expected);
        if (text == null) {
            return otherwise;
        }
        OptionalLong quantity = unit.parse(text);
        if (quantity.isEmpty() || quantity.getAsLong() < min || quantity.getAsLong() > max) {
            mistake(key, wrong(key, text), expected);
            return otherwise;
        }
        return quantity.getAsLong();
    }

    private @Nullable String text(String key, String expected) {
        Object value = value(key);
        if (value == null || value instanceof String) {
            return (String) value;
        }
        mistake(key, wrong(key, value), expected);
        return null;
    }

    private @Nullable Object value(String key) {
        known.add(key);
        return table.get(List.of(key));
    }

    private TomlPosition positionOf(String key) {
        TomlPosition place = table.inputPositionOf(List.of(key));
        return place == null ? position : place;
    }

    private TomlPosition positionOf(String key, int index) {
        return table.get(List.of(key)) instanceof TomlArray array && index < array.size()
                ? source.elementOf(array, index) : positionOf(key);
    }

    private String wrong(String key, Object value) {
        String shown;
        if (value instanceof String text) {
            shown = "\"" + text + "\"";
        } else if (value instanceof TomlTable) {
            shown = "a table";
        } else if (value instanceof TomlArray) {
            shown = "a list";
        } else {
            shown = String.valueOf(value);
        }
        return "'" + path + key + "' is " + shown;
    }

    /** The name of an enum constant in a configuration file. */
    public static String label(Enum<?> constant) {
        return constant.name().toLowerCase(Locale.ROOT).replace('_', '-');
    }

    private static String message(Path file, TomlPosition place, String text) {
        return file + ":" + place.line() + ":" + place.column() + ": " + text;
    }

    /** One file and what is wrong in it. */
    private static final class Source {
        private final Path file;
        private final String[] lines;
        private final List<Mistake> mistakes = new ArrayList<>();

        Source(Path file, String text) {
            this.file = file;
            this.lines = text.split("\\R", -1);
        }

        /** Where an element stands. The parser names the place behind the comma before it, maybe a line too early. */
        TomlPosition elementOf(TomlArray array, int index) {
            TomlPosition place = array.inputPositionOf(index);
            int line = place.line();
            int column = place.column();
            while (line <= lines.length) {
                String text = lines[line - 1];
                while (column <= text.length() && Character.isWhitespace(text.charAt(column - 1))) {
                    column++;
                }
                if (column <= text.length() && text.charAt(column - 1) != '#') {
                    return TomlPosition.positionAt(line, column);
                }
                line++;
                column = 1;
            }
            return place;
        }

        void mistake(TomlPosition place, String wrong, String expected) {
            mistakes.add(new Mistake(place, message(file, place, wrong + "; expected " + expected)));
        }

        List<String> messages() {
            mistakes.sort((a, b) -> a.place.line() != b.place.line()
                    ? Integer.compare(a.place.line(), b.place.line())
                    : Integer.compare(a.place.column(), b.place.column()));
            return mistakes.stream().map(Mistake::message).toList();
        }
    }

    private record Mistake(TomlPosition place, String message) {
    }
}
