// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
import org.nanorouter.router.process.Entrance;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter exec}: runs a command inside an OS, by util-linux nsenter. */
@Command(
        name = "exec",
        description = {
            "Runs a command inside an emulated OS, as its root, with its environment.",
            "Ends with the command's own exit code."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter exec guest -- ip address",
            "  nanorouter exec host -- telnet 10.77.0.2",
            "  nanorouter exec guest                   a shell"
        })
final class ExecCommand implements Callable<Integer> {
    private static final List<String> SHELL = List.of("/bin/sh", "-i");
    private static final long INTERRUPT_WAIT_S = 60;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Parameters(index = "0", paramLabel = "OS", description = "Name of the OS.")
    private String os = "";

    @Parameters(index = "1..*", paramLabel = "COMMAND", description = "The command and its arguments, behind --. "
            + "Default: a shell.")
    private List<String> command = new ArrayList<>();

    @Override
    public Integer call() throws IOException, InterruptedException {
        if (os.isEmpty()) {
            throw new ParameterException(spec.commandLine(), "The name of an OS is missing");
        }
        Map<String, Object> entrance = KernelCalls.call(instance, "os.enter", os);
        ProcessBuilder builder = new ProcessBuilder(Entrance.command(entrance, command.isEmpty() ? SHELL : command))
                .inheritIO();
        Entrance.environment(builder.environment(), entrance);
        return run(builder);
    }

    private static int run(ProcessBuilder builder) throws IOException, InterruptedException {
        Process process;
        try {
            process = builder.start();
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE,
                    "nsenter cannot be run, it is part of util-linux: " + e.getMessage(), e);
        }
        // An interrupt from the terminal goes to the command, too, and whether it ends by it is the command's choice.
        Thread hook = new Thread(() -> Runtime.getRuntime().halt(awaitEnd(process)), "exec-end");
        Runtime.getRuntime().addShutdownHook(hook);
        int status = process.waitFor();
        try {
            Runtime.getRuntime().removeShutdownHook(hook);
        } catch (IllegalStateException e) {
            // The hook runs, and ends the JVM with the same status.
            return status;
        }
        return status;
    }

    private static int awaitEnd(Process process) {
        try {
            if (!process.waitFor(INTERRUPT_WAIT_S, TimeUnit.SECONDS)) {
                process.destroy();
            }
            return process.waitFor();
        } catch (InterruptedException e) {
            return ExitStatus.INTERNAL;
        }
    }
}
