// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** Mixin: how a command shows its result. */
public final class OutputOption {
    @Option(
            names = {"-j", "--json"},
            description = "Show one JSON value with stable keys instead of tables.")
    private boolean json;

    @Spec(Spec.Target.MIXEE)
    private CommandSpec command = CommandSpec.create();

    public boolean json() {
        return json;
    }

    /** Where the command that has this mixin writes its result. */
    public Output output() {
        return new Output(command.commandLine().getOut(), json, Terminal.outputHasColours());
    }
}
