// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.shim.Shim;

/**
 * Where the checks look, and what was tried before.
 *
 * @param root     the directory that has {@code proc}, {@code sys}, {@code dev}, {@code etc}, {@code usr}
 * @param runBase  directory of all instances of this user
 * @param claims   directory in which devices are claimed
 * @param programs directory of the native programs; null if it is not known
 * @param home     where the program is installed; null if it is not
 * @param uid      of this process
 * @param properties Java's system properties
 * @param version  of this program; null if it is not packed
 * @param machine  what {@code nk-probe machine} found
 * @param cell     what {@code nk-probe cell} found in a cell
 * @param space    asks {@code nk-probe space} about paths
 * @param running  the instances that answer
 */
public record Surroundings(Path root, Path runBase, Path claims, @Nullable Path programs, @Nullable Path home, int uid,
        Map<String, String> properties, @Nullable String version, Probe machine, Probe cell,
        Function<List<String>, Probe> space, List<RunningInstance> running) {
    private static final int MAX_LENGTH = 1 << 22;
    private static final Path TEMPORARY = Path.of("/tmp");

    /** This machine; the instances are asked while the probes run. */
    public static Surroundings own(Supplier<List<RunningInstance>> running) {
        String directory = System.getProperty(Shim.DIRECTORY_PROPERTY);
        Path programs = directory == null || directory.isEmpty() ? null : Path.of(directory).toAbsolutePath();
        String home = System.getProperty("nanorouter.home");
        int uid = RunDirectory.uid();
        Supplier<Probe> cell = Probe.beginInCell(programs, TEMPORARY, uid);
        Supplier<Probe> machine = Probe.beginOnMachine(programs, List.of("machine"));
        List<RunningInstance> instances = running.get();
        return new Surroundings(Path.of("/"), RunDirectory.base(), RunDirectory.devices(), programs,
                home == null ? null : Path.of(home), uid, ownProperties(),
                Surroundings.class.getPackage().getImplementationVersion(),
                machine.get(), cell.get(), paths -> Probe.onMachine(programs, paths), instances);
    }

    private static Map<String, String> ownProperties() {
        Map<String, String> properties = new HashMap<>();
        for (String name : System.getProperties().stringPropertyNames()) {
            properties.put(name, System.getProperty(name, ""));
        }
        return properties;
    }

    boolean isRoot() {
        return uid == 0;
    }

    /** What goes before a command that needs root. */
    String sudo() {
        return isRoot() ? "" : "sudo ";
    }

    Path path(String path) {
        return root.resolve(path);
    }

    /** The text of a file without blanks around it; null if it cannot be read. */
    @Nullable String text(String path) {
        return text(path(path));
    }

    static @Nullable String text(Path file) {
        // Not Files.readString(), which reads one byte first: a number of /proc/sys gives its first digit and no more.
        try (InputStream in = Files.newInputStream(file)) {
            return new String(in.readNBytes(MAX_LENGTH), StandardCharsets.ISO_8859_1).strip();
        } catch (IOException e) {
            return null;
        }
    }

    /** The number in a file of /proc or /sys; null if there is none. */
    @Nullable Long number(String path) {
        String text = text(path);
        if (text == null) {
            return null;
        }
        try {
            return Long.parseLong(text);
        } catch (NumberFormatException e) {
            return null;
        }
    }

    /** What stands behind the first line of a file that begins like this; null if there is none. */
    @Nullable String field(String path, String beginning) {
        String text = text(path);
        if (text != null) {
            for (String line : text.split("\n")) {
                if (line.startsWith(beginning)) {
                    return line.substring(beginning.length()).strip();
                }
            }
        }
        return null;
    }
}
