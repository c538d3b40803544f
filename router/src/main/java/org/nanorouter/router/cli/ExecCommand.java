// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.TimeUnit;
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
        List<String> line = new ArrayList<>(List.of("nsenter", "-t", String.valueOf(entrance.get("pid")),
                "-U", "-m", "-u", "-i", "-n", "-p"));
        if (Boolean.TRUE.equals(entrance.get("uid_range"))) {
            line.addAll(List.of("-S", "0", "-G", "0"));
        } else {
            // Root of the cell is the user who calls; there is no other uid to change to.
            line.add("--preserve-credentials");
        }
        line.add("--");
        line.addAll(command.isEmpty() ? SHELL : command);
        ProcessBuilder builder = new ProcessBuilder(line).inheritIO();
        environment(builder.environment(), entrance);
        return run(builder);
    }

    private static void environment(Map<String, String> environment, Map<String, Object> entrance) {
        String terminal = environment.get("TERM");
        environment.clear();
        if (terminal != null) {
            environment.put("TERM", terminal);
        }
        ((Map<?, ?>) entrance.get("environment")).forEach((name, value) ->
                environment.put(String.valueOf(name), String.valueOf(value)));
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
