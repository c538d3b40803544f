// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.BufferedReader;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What nk-aside does for the program that it runs, here a shell. */
@Tag("once")
@Timeout(value = 1, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class AsideTest {
    private static final String PROGRAM = Path.of("target/native/nk-aside").toAbsolutePath().toString();
    /** Says that it is there, with its process id, and waits. */
    private static final String WAITING = "echo $$; while :; do sleep 0.02; done";

    private java.lang.Process process;

    @AfterEach
    void endAll() {
        if (process != null) {
            process.descendants().forEach(ProcessHandle::destroyForcibly);
            process.destroyForcibly();
        }
    }

    private BufferedReader start(String script) throws IOException {
        // Whoever started this test may have signals ignored, which no shell can trap.
        process = new ProcessBuilder("env", "--default-signal", PROGRAM, "/bin/sh", "-c", script)
            .redirectErrorStream(true).start();
        return process.inputReader(StandardCharsets.UTF_8);
    }

    private int status() throws InterruptedException {
        assertThat(process.waitFor(1, TimeUnit.MINUTES)).as("it ends").isTrue();
        return process.exitValue();
    }

    private static void signal(String name, long pid) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder("kill", "-" + name, Long.toString(pid)).start().waitFor()).isZero();
    }

    @Test
    void itEndsAsTheProgramDoes() throws Exception {
        start("exit 7");
        assertThat(status()).isEqualTo(7);
        start("kill -9 $$");
        assertThat(status()).isEqualTo(128 + 9);
    }

    @Test
    void theProgramHasASessionOfItsOwnAndIsNice() throws Exception {
        String[] fields = start("cat /proc/$$/stat").readLine().split(" ");
        assertThat(fields[5]).as("session").isEqualTo(fields[0]);
        assertThat(fields[18]).as("nice").isEqualTo("10");
    }

    @Test
    void signalsOfTheUserReachTheProgram() throws Exception {
        for (String name : new String[] {"INT", "TERM", "HUP"}) {
            BufferedReader output = start("trap 'echo " + name + "; exit 3' " + name + "; " + WAITING);
            output.readLine();
            signal(name, process.pid());
            assertThat(output.readLine()).isEqualTo(name);
            assertThat(status()).isEqualTo(3);
        }
    }

    @Test
    void anInterruptEndsTheProgramAlsoWhereItsUserHasThemIgnored() throws Exception {
        String ignoring = "trap '' INT; exec " + PROGRAM + " /bin/sh -c '" + WAITING + "'";
        process = new ProcessBuilder("sh", "-c", ignoring).start();
        process.inputReader().readLine();
        signal("INT", process.pid());
        assertThat(status()).isEqualTo(128 + 2);
    }

    @Test
    void itStopsAndGoesOnWithTheProgram() throws Exception {
        BufferedReader output = start("trap 'exit 4' TERM; " + WAITING);
        long program = Long.parseLong(output.readLine());
        signal("TSTP", process.pid());
        awaitState(process.pid(), "T");
        awaitState(program, "T");
        signal("CONT", process.pid());
        signal("TERM", process.pid());
        assertThat(status()).isEqualTo(4);
    }

    private static void awaitState(long pid, String state) throws IOException {
        String stat;
        do {
            stat = Files.readString(Path.of("/proc/" + pid + "/stat"));
            Thread.onSpinWait();
        } while (!stat.substring(stat.lastIndexOf(')') + 2).startsWith(state));
    }

    @Test
    void theProgramEndsWithIt() throws Exception {
        BufferedReader output = start(WAITING);
        ProcessHandle program = ProcessHandle.of(Long.parseLong(output.readLine())).orElseThrow();
        signal("KILL", process.pid());
        program.onExit().get(1, TimeUnit.MINUTES);
        assertThat(status()).isEqualTo(128 + 9);
    }

    @Test
    void aProgramThatIsNotThereIsNamed() throws Exception {
        process = new ProcessBuilder(PROGRAM, "/nowhere/program").redirectErrorStream(true).start();
        assertThat(process.inputReader().readLine()).isEqualTo("nk-aside: /nowhere/program: No such file or directory");
        assertThat(status()).isEqualTo(69);
    }
}
