// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.PrintWriter;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.ConfigReader;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.router.config.RouterConfig;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter check-config}: finds every mistake of configuration files. */
@Command(
        name = "check-config",
        description = {
            "Says what is wrong in machine.toml and router.toml files: file, line, column, and what is expected.",
            "Which of the two a file is shows in its tables: only a machine has [machine] or [[os]]."
        },
        footerHeading = "%nExamples:%n",
        footer = "  nanorouter check-config machine.toml router.toml")
final class CheckConfigCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Parameters(arity = "1..*", paramLabel = "FILE", description = "The files to check.")
    private List<Path> files = new ArrayList<>();

    @Override
    public Integer call() {
        PrintWriter out = spec.commandLine().getOut();
        PrintWriter err = spec.commandLine().getErr();
        int status = ExitStatus.OK;
        for (Path file : files) {
            try {
                check(file);
                out.println(file + ": no mistake");
            } catch (ConfigException e) {
                e.mistakes().forEach(err::println);
                status = ExitStatus.CONFIGURATION;
            }
        }
        return status;
    }

    private static void check(Path file) throws ConfigException {
        ConfigReader reader = ConfigReader.open(file);
        if (reader.has("machine") || reader.has("os")) {
            MachineConfig.read(file);
        } else {
            RouterConfig.check(file);
        }
    }
}
