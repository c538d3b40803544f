// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.DirectoryNotEmptyException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/** What benchmarks whose process is gone left behind: named namespaces and folders, known by the pid in their names. */
final class Leftovers {
    static final String NAMESPACE_PREFIX = "nkb";
    static final String FOLDER_PREFIX = "nanorouter-bench-";

    private static final long PATIENCE_NANOS = TimeUnit.SECONDS.toNanos(5);
    private static final long PAUSE_NANOS = TimeUnit.MILLISECONDS.toNanos(20);
    private static final Pattern NAMESPACE = Pattern.compile(NAMESPACE_PREFIX + "([0-9]+)-[abw]");
    private static final Pattern FOLDER = Pattern.compile(FOLDER_PREFIX + "([0-9]+)-[0-9]+");

    private Leftovers() {
    }

    static void remove() throws IOException, InterruptedException {
        for (Path namespace : abandoned(Path.of("/run/netns"), NAMESPACE)) {
            Programs.run("ip", "netns", "del", namespace.getFileName().toString());
        }
        for (Path folder : abandoned(Path.of(System.getProperty("java.io.tmpdir")), FOLDER)) {
            if (Files.getOwner(folder, LinkOption.NOFOLLOW_LINKS).equals(Files.getOwner(Path.of("/proc/self/task")))) {
                removeTree(folder);
            }
        }
    }

    private static List<Path> abandoned(Path parent, Pattern names) throws IOException {
        if (!Files.isDirectory(parent)) {
            return List.of();
        }
        try (Stream<Path> entries = Files.list(parent)) {
            return entries.filter(entry -> {
                Matcher matcher = names.matcher(entry.getFileName().toString());
                return matcher.matches() && !Files.exists(Path.of("/proc", matcher.group(1)));
            }).toList();
        }
    }

    /** Removes a folder in which programs that are about to end may still make and remove files. */
    static void removeTree(Path folder) throws IOException {
        long end = System.nanoTime() + PATIENCE_NANOS;
        while (true) {
            try (Stream<Path> files = Files.walk(folder)) {
                for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                    Files.deleteIfExists(file);
                }
                return;
            } catch (NoSuchFileException | DirectoryNotEmptyException | UncheckedIOException e) {
                if (!Files.exists(folder)) {
                    return;
                } else if (System.nanoTime() > end) {
                    throw new IOException("cannot remove " + folder, e);
                }
                LockSupport.parkNanos(PAUSE_NANOS);
            }
        }
    }
}
