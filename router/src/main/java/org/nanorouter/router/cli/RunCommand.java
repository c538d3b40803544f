// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.router.config.RouterConfig;
import org.nanorouter.router.daemon.Router;
import org.nanorouter.router.daemon.StartException;
import org.nanorouter.router.process.Lifeline;
import org.nanorouter.router.process.Signals;
import org.nanorouter.shim.Systemd;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** {@code nanorouter run}: the router daemon. */
@Command(
        name = "run",
        description = "Runs the router of this OS until it is told to end (TERM, INT). HUP reads the file again.",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter run -c router.toml   config/router.toml documents every key",
        })
final class RunCommand implements Callable<Integer> {
    @Option(
            names = {"-c", "--config"},
            paramLabel = "FILE",
            required = true,
            description = "The router's configuration.")
    private Path file = Path.of("");

    @Option(
            names = "--lifeline",
            description = "End when the standard input is at its end.")
    private boolean lifeline;

    @Override
    public Integer call() throws InterruptedException {
        Map<String, String> environment = System.getenv();
        CountDownLatch end = new CountDownLatch(1);
        Signals.on("TERM", end::countDown);
        Signals.on("INT", end::countDown);
        try (Router router = Router.start(RouterConfig.read(file, environment), file, environment)) {
            Signals.on("HUP", router::reload);
            if (lifeline) {
                Lifeline.watch(System.in, end::countDown);
            }
            end.await();
            Systemd.notify("STOPPING=1");
        } catch (ConfigException e) {
            throw new CommandFailure(ExitStatus.CONFIGURATION, e.getMessage(), e);
        } catch (StartException e) {
            throw new CommandFailure(exitStatus(e.kind()), e.getMessage(), e);
        }
        return ExitStatus.OK;
    }

    private static int exitStatus(StartException.Kind kind) {
        return switch (kind) {
            case UNAVAILABLE -> ExitStatus.UNAVAILABLE;
            case CANNOT_CREATE -> ExitStatus.CANNOT_CREATE;
            case NO_PERMISSION -> ExitStatus.NO_PERMISSION;
        };
    }
}
