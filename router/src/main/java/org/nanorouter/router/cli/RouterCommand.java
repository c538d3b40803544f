// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter router}: the endpoint of an OS, apart from the OS. */
@Command(
        name = "router",
        synopsisSubcommandLabel = "VERB",
        description = "Brings a router's failure about.",
        commandListHeading = "%nVerbs:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter router kill         the router of host; what is connected stays so",
            "  nanorouter router kill guest   the router or agent of another OS"
        })
final class RouterCommand implements Runnable {
    @Spec
    private CommandSpec spec = CommandSpec.create();

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A verb is missing: kill");
    }

    @Command(name = "kill",
            description = "Kills the router or agent that is attached to an OS; its OS lives on if it is a service.")
    int kill(@Mixin InstanceOption instance, @Mixin OutputOption output,
            @Parameters(paramLabel = "OS", arity = "0..1", description = "Name of the OS. Default: host.")
            @Nullable String os) {
        String name = os == null ? "host" : os;
        return OsCommand.inject(output, name, KernelCalls.call(instance, "os.kill_endpoint", name));
    }
}
