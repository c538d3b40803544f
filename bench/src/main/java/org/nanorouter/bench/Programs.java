// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.bench;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** Runs other programs and waits for them, with a limit. Not thread-safe; one user at a time. */
final class Programs {
    private static final long LIMIT_SECONDS = 120;
    private static final boolean HAVE_SETPRIV = installed("setpriv");

    private Programs() {
    }

    /** A program that did not do what was asked of it. */
    static final class ProgramException extends IOException {
        private static final long serialVersionUID = 1;

        ProgramException(String message) {
            super(message);
        }
    }

    /** Whether a program of this name can be found on PATH or in the system folders. */
    static boolean installed(String name) {
        String path = System.getenv().getOrDefault("PATH", "") + ":/usr/sbin:/sbin:/usr/bin:/bin";
        for (String folder : path.split(":")) {
            if (Files.isExecutable(Path.of(folder.isEmpty() ? "." : folder, name))) {
                return true;
            }
        }
        return false;
    }

    /** The command, made to end with the thread that starts it, which is how it ends with a JVM that is killed. */
    static List<String> mortal(List<String> command) {
        if (!HAVE_SETPRIV) {
            return command;
        }
        List<String> whole = new ArrayList<>(List.of("setpriv", "--pdeathsig", "TERM"));
        whole.addAll(command);
        return whole;
    }

    /** Runs a command to its end; returns what it printed on standard output; an exit code but 0 is an exception. */
    static String run(List<String> command) throws IOException, InterruptedException {
        File errors = File.createTempFile("nanorouter-bench", ".err");
        try {
            errors.deleteOnExit();
            Process process = new ProcessBuilder(mortal(command)).redirectError(errors).start();
            process.getOutputStream().close();
            String output = new String(process.getInputStream().readAllBytes());
            if (!process.waitFor(LIMIT_SECONDS, TimeUnit.SECONDS)) {
                process.destroyForcibly();
                throw new ProgramException(String.join(" ", command) + ": no end after " + LIMIT_SECONDS + " s");
            }
            if (process.exitValue() != 0) {
                throw new ProgramException(String.join(" ", command) + ": exit " + process.exitValue() + ": "
                        + Files.readString(errors.toPath()).strip() + lastLine(output));
            }
            return output;
        } finally {
            Files.deleteIfExists(errors.toPath());
        }
    }

    static String run(String... command) throws IOException, InterruptedException {
        return run(List.of(command));
    }

    /** Starts a program that stays, its output appended to a file. Its standard input stays open until it is ended. */
    static Process start(Path log, List<String> command) throws IOException {
        return new ProcessBuilder(mortal(command)).redirectErrorStream(true)
                .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile())).start();
    }

    /** Ends a program: asks, waits two seconds, insists. */
    static void end(Process process) throws InterruptedException {
        process.descendants().forEach(ProcessHandle::destroy);
        process.destroy();
        if (!process.waitFor(2, TimeUnit.SECONDS)) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly().waitFor();
        }
    }

    private static String lastLine(String output) {
        String text = output.strip();
        return text.isEmpty() ? "" : ": " + text.substring(text.lastIndexOf('\n') + 1);
    }
}
