// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.cell.UidMap;

/**
 * What {@code nk-probe} found, or why it found nothing.
 *
 * @param values  0 or more if something works, {@code -errno} if not
 * @param failure why there are none, one line; null if there are
 */
public record Probe(Map<String, Object> values, @Nullable String failure) {
    private static final int PATIENCE_S = 5;
    private static final int MAX_OUTPUT = 1 << 16;
    /** Where a nanokernel that is root puts the uids of its first cell. */
    private static final int UID_BASE = 100_000;
    private static final int UID_RANGE = 65_536;

    static Probe none(String why) {
        return new Probe(Map.of(), why);
    }

    /** A value; null if it was not tried. */
    @Nullable Long value(String key) {
        return values.get(key) instanceof Number number ? number.longValue() : null;
    }

    /** In a process of its own on the machine. */
    static Probe onMachine(@Nullable Path programs, List<String> words) {
        return beginOnMachine(programs, words).get();
    }

    /** The same, which runs from now on; who asks waits for its end. To be asked once. */
    static Supplier<Probe> beginOnMachine(@Nullable Path programs, List<String> words) {
        if (programs == null || !Files.isExecutable(programs.resolve("nk-probe"))) {
            return () -> none("nk-probe is not there");
        }
        List<String> command = new ArrayList<>(List.of(programs.resolve("nk-probe").toString()));
        command.addAll(words);
        return begin(command);
    }

    /**
     * In a cell of its own, made as the nanokernel makes one; nothing of it is left. It runs from now on; who asks
     * waits for its end. To be asked once.
     */
    static Supplier<Probe> beginInCell(@Nullable Path programs, Path temporary, int uid) {
        if (programs == null || !Files.isExecutable(programs.resolve("nk-cell"))
                || !Files.isExecutable(programs.resolve("nk-probe"))) {
            return () -> none("nk-cell and nk-probe are not there");
        }
        Path directory = null;
        try {
            // Files.createTempDirectory() loads the security providers for its name, a tenth of the command's time.
            directory = Files.createDirectory(temporary.resolve("nanorouter-doctor"
                    + Long.toUnsignedString(ThreadLocalRandom.current().nextLong())),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
            List<String> command = new ArrayList<>(List.of(programs.resolve("nk-cell").toString(), "--name", "doctor",
                    "--dir", directory.toString(), "--no-tun"));
            if (uid == 0 && UidMap.own().holds(UID_BASE, UID_RANGE)) {
                Files.setAttribute(directory, "unix:uid", UID_BASE);
                Files.setAttribute(directory, "unix:gid", UID_BASE);
                command.addAll(List.of("--uid-base", Integer.toString(UID_BASE)));
            }
            command.addAll(List.of("--bind", programs + ":" + programs + ":ro", "--",
                    programs.resolve("nk-probe").toString(), "cell"));
            Supplier<Probe> begun = begin(command);
            Path made = directory;
            return () -> {
                try {
                    return begun.get();
                } finally {
                    remove(made);
                }
            };
        } catch (IOException e) {
            remove(directory);
            return () -> none("no cell can be tried in " + temporary + ": " + e.getMessage());
        }
    }

    private static void remove(@Nullable Path directory) {
        if (directory == null) {
            return;
        }
        try {
            Files.deleteIfExists(directory.resolve("init.pid"));
            Files.deleteIfExists(directory);
        } catch (IOException e) {
            // It is empty but for what nk-cell removes itself, and in a directory for such things.
            return;
        }
    }

    private static Supplier<Probe> begin(List<String> command) {
        try {
            // Its few lines fit into a pipe, so that nobody has to read while it runs.
            Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
            process.getOutputStream().close();
            return () -> end(process);
        } catch (IOException e) {
            return () -> none(String.valueOf(e.getMessage()));
        }
    }

    private static Probe end(Process process) {
        try {
            if (!process.waitFor(PATIENCE_S, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                return none("no answer within " + PATIENCE_S + " s");
            }
            return parse(new String(process.getInputStream().readNBytes(MAX_OUTPUT), StandardCharsets.UTF_8));
        } catch (IOException e) {
            return none(String.valueOf(e.getMessage()));
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return none("interrupted");
        }
    }

    /** Of the lines one is an object, if all went well; else the last one is the reason. */
    static Probe parse(String output) throws IOException {
        String last = "no answer";
        for (String line : output.split("\n")) {
            if (line.startsWith("{")) {
                return new Probe(JSON.std.mapFrom(line), null);
            }
            last = line.isBlank() || line.startsWith("pid ") ? last : line.strip();
        }
        return none(last);
    }
}
