// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.net.BindException;
import java.net.ConnectException;
import java.net.SocketException;
import java.nio.file.AccessDeniedException;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

class NanorouterTest {
    private final StringWriter out = new StringWriter();
    private final StringWriter err = new StringWriter();

    private int run(String... args) {
        return Nanorouter.commandLine(args)
                .setOut(new PrintWriter(out, true))
                .setErr(new PrintWriter(err, true))
                .execute(args);
    }

    @Test
    void everyListedCommandIsThereByThatName() {
        for (String name : Commands.NAMES) {
            Object command = Commands.named(name);
            assertThat(command).as(name).isNotNull();
            assertThat(new CommandLine(command).getCommandName()).isEqualTo(name);
        }
    }

    @Test
    void objectWithoutAVerbLists() {
        assertThat(Nanorouter.withVerb("port")).containsExactly("port", "list");
        assertThat(Nanorouter.withVerb("os", "-j")).containsExactly("os", "list", "-j");
        assertThat(Nanorouter.withVerb("port", "--help")).containsExactly("port", "--help");
        assertThat(Nanorouter.withVerb("fdb", "flush")).containsExactly("fdb", "flush");
        assertThat(Nanorouter.withVerb("status", "-j")).containsExactly("status", "-j");
        assertThat(Nanorouter.withVerb()).isEmpty();
    }

    @Test
    void helpListsEveryCommandAndGivesExamples() {
        assertThat(run("--help")).isEqualTo(ExitStatus.OK);
        assertThat(out.toString()).contains("Examples:").contains("nanorouter demo");
        assertThat(Commands.NAMES).allSatisfy(name -> assertThat(out.toString()).contains("\n  " + name + " "));
    }

    @Test
    void everyCommandHasHelpWithADescription() {
        for (String name : Commands.NAMES) {
            out.getBuffer().setLength(0);
            assertThat(run(name, "--help")).as(name).isEqualTo(ExitStatus.OK);
            assertThat(out.toString()).contains("Usage: nanorouter " + name).contains("--help");
        }
    }

    @Test
    void helpHasNoEscapeSequencesWhereThereIsNoTerminal() {
        run("--help");
        assertThat(out.toString()).doesNotContain("\u001b");
    }

    @Test
    void versionIsOneLineAboutTheProgramAndOneAboutJava() {
        assertThat(run("--version")).isEqualTo(ExitStatus.OK);
        assertThat(out.toString().lines()).hasSize(2).first().asString().startsWith("nanorouter ");
    }

    @Test
    void aMissingOrUnknownCommandIsAUsageMistake() {
        assertThat(run()).isEqualTo(ExitStatus.USAGE);
        assertThat(run("nonsense")).isEqualTo(ExitStatus.USAGE);
        assertThat(run("--nonsense")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("nonsense").contains("--help");
    }

    @Test
    void aNameThatNoInstanceCanHaveIsAUsageMistake() {
        assertThat(run("status", "-I", "Bad Name")).isEqualTo(ExitStatus.USAGE);
        assertThat(run("kernel", "-c", "none.toml", "-I", "../x")).isEqualTo(ExitStatus.USAGE);
        assertThat(err.toString()).contains("'Bad Name' is not 1 to 31 letters");
    }

    @Test
    void aRefusedConnectionIsUnavailableAndAForbiddenOneNoPermission() {
        assertThat(KernelCalls.exitStatus(new ConnectException("Connection refused")))
                .isEqualTo(ExitStatus.UNAVAILABLE);
        assertThat(KernelCalls.exitStatus(new SocketException("No such file"))).isEqualTo(ExitStatus.UNAVAILABLE);
        assertThat(KernelCalls.exitStatus(new BindException("Permission denied")))
                .isEqualTo(ExitStatus.NO_PERMISSION);
    }

    @Test
    void failuresHaveTheExitCodesOfSysexits() {
        assertThat(Nanorouter.exitStatus(new CommandFailure(78, "x"))).isEqualTo(ExitStatus.CONFIGURATION);
        assertThat(Nanorouter.exitStatus(new AccessDeniedException("x"))).isEqualTo(ExitStatus.NO_PERMISSION);
        assertThat(Nanorouter.exitStatus(new IOException("x"))).isEqualTo(ExitStatus.IO);
        assertThat(Nanorouter.exitStatus(new IllegalStateException("x"))).isEqualTo(ExitStatus.INTERNAL);
    }
}
