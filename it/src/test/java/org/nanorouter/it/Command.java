// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.it;

import java.io.File;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** A program that was run to its end: its exit code, and what it wrote. */
record Command(int status, String out, String err) {
    private static final int LIMIT_SECONDS = 120;

    /** Runs a program with variables added to the environment; it gets no input. */
    static Command run(Map<String, String> environment, List<String> words) {
        Path out = null;
        Path err = null;
        try {
            out = Files.createTempFile("out", ".txt");
            err = Files.createTempFile("err", ".txt");
            ProcessBuilder builder = new ProcessBuilder(words)
                    .redirectInput(new File("/dev/null"))
                    .redirectOutput(out.toFile())
                    .redirectError(err.toFile());
            builder.environment().putAll(environment);
            Process process = builder.start();
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly().waitFor();
                throw new AssertionError(words + " still ran after " + LIMIT_SECONDS + " s; it wrote: "
                        + Files.readString(out) + Files.readString(err));
            }
            return new Command(process.exitValue(), Files.readString(out), Files.readString(err));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException(e);
        } finally {
            delete(out);
            delete(err);
        }
    }

    static Command run(String... words) {
        return run(Map.of(), List.of(words));
    }

    /** True if a program of this name can be called. */
    static boolean exists(String program) {
        return List.of(System.getenv("PATH").split(":")).stream()
                .anyMatch(folder -> Files.isExecutable(Path.of(folder, program)));
    }

    private static void delete(Path file) {
        if (file != null) {
            file.toFile().delete();
        }
    }
}
