// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.nio.file.Path;
import java.util.concurrent.Callable;
import org.nanorouter.router.demo.EmbeddedServices;
import picocli.CommandLine.Command;
import picocli.CommandLine.Parameters;

/** {@code nanorouter demo-services}: what the guest of the demonstration runs where inetutils is not installed. */
@Command(name = "demo-services", hidden = true, description = "Serves telnet and ftp to the user of the demonstration.")
final class DemoServicesCommand implements Callable<Integer> {
    @Parameters(paramLabel = "DIR", description = "The user's home.")
    private Path home = Path.of("/");

    @Override
    public Integer call() throws Exception {
        String name = System.getenv("NK_OS");
        EmbeddedServices.serve(home, name == null ? "guest" : name);
        return ExitStatus.OK;
    }
}
