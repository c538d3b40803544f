// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

import java.io.FileNotFoundException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The files of one run, made from the templates beside this class in a directory of their own. */
final class DemoFiles {
    private static final Pattern PLACEHOLDER = Pattern.compile("@([A-Z_]+)@");
    /** Fresh and empty in every cell, so that a Java below one of them has to be bound there. */
    private static final List<String> HIDDEN_IN_CELLS = List.of("/tmp", "/var/tmp", "/run", "/home", "/root");
    private static final List<String> HOST_ETC = List.of("hosts");
    private static final List<String> GUEST_ETC = List.of("hosts", "passwd", "group", "shadow");

    private final Path directory;

    private DemoFiles(Path directory) {
        this.directory = directory;
    }

    /** Prepares a directory that somebody else made and removes; readable by the uids of the cells. */
    static DemoFiles in(Path directory) throws IOException {
        var permissions = PosixFilePermissions.fromString("rwxr-xr-x");
        Files.setPosixFilePermissions(directory, permissions);
        for (String os : List.of("host", "guest")) {
            Files.setPosixFilePermissions(Files.createDirectory(directory.resolve(os)), permissions);
        }
        return new DemoFiles(directory);
    }

    Path directory() {
        return directory;
    }

    Path router() {
        return directory.resolve("host").resolve("router.toml");
    }

    /** Writes everything that the machine's OSes read; {@code values} are those of the placeholders. */
    void write(Map<String, String> plainValues, boolean externalHost, boolean secondGuest) throws IOException {
        Map<String, String> values = with(plainValues, Map.of("RESTART", text("restart.toml")));
        for (String name : List.of("hosts", "passwd", "group", "shadow", "inetd.conf", "init", "login")) {
            write(directory.resolve("guest").resolve(name), name, values);
        }
        write(directory.resolve("host").resolve("hosts"), "hosts", values);
        write(router(), "router.toml", with(values, Map.of("PERSISTENT", String.valueOf(!externalHost))));
        write(directory.resolve("machine.toml"), "machine.toml", with(values, Map.of(
                "HOST", externalHost ? text("host-external.toml") : fill(text("host-namespace.toml"),
                        with(values, Map.of("HOST_MOUNTS", javaMount() + etcMounts("host", HOST_ETC)))),
                "SECOND_GUEST", secondGuest ? fill(text("guest2.toml"), values) : "",
                "GUEST_MOUNTS", javaMount() + etcMounts("guest", GUEST_ETC))));
    }

    private static Map<String, String> with(Map<String, String> some, Map<String, String> more) {
        Map<String, String> all = new HashMap<>(some);
        all.putAll(more);
        return all;
    }

    private static String javaMount() {
        String home = System.getProperty("java.home");
        boolean hidden = HIDDEN_IN_CELLS.stream().anyMatch(place -> Path.of(home).startsWith(place));
        return hidden ? mount(home, home) : "";
    }

    /** A cell's /etc is the machine's, read-only: a file can be replaced there, but none can be added. */
    private String etcMounts(String os, List<String> names) {
        StringBuilder mounts = new StringBuilder();
        for (String name : names) {
            if (Files.exists(Path.of("/etc", name))) {
                mounts.append(mount(directory.resolve(os).resolve(name).toString(), "/etc/" + name));
            }
        }
        return mounts.toString();
    }

    private static String mount(String source, String target) {
        return "\n[[os.mounts]]\nsource = \"" + source + "\"\ntarget = \"" + target + "\"\n";
    }

    private static void write(Path file, String template, Map<String, String> values) throws IOException {
        Files.writeString(file, fill(text(template), values));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--r--"));
    }

    private static String fill(String template, Map<String, String> values) {
        return PLACEHOLDER.matcher(template).replaceAll(match -> {
            String value = values.get(match.group(1));
            if (value == null) {
                throw new IllegalStateException("placeholder=" + match.group());
            }
            return Matcher.quoteReplacement(value);
        });
    }

    private static String text(String name) throws IOException {
        try (InputStream in = DemoFiles.class.getResourceAsStream(name)) {
            if (in == null) {
                throw new FileNotFoundException("the program has no resource " + name);
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        }
    }
}
