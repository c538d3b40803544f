// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.concurrent.Callable;
import java.util.concurrent.CountDownLatch;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.journal.LogFields;
import org.nanorouter.router.config.RouterConfig;
import org.nanorouter.router.daemon.LeadRehearsal;
import org.nanorouter.router.daemon.Router;
import org.nanorouter.router.daemon.StartException;
import org.nanorouter.router.process.Lifeline;
import org.nanorouter.router.process.Signals;
import org.nanorouter.router.standby.LeaderLine;
import org.nanorouter.router.standby.LeaderLock;
import org.nanorouter.router.standby.Rehearsal;
import org.nanorouter.shim.Systemd;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/**
 * {@code nanorouter run}: the router daemon. It says its options without annotations, which take long to read while an
 * OS is without a router.
 */
final class RunCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(RunCommand.class);
    private static final String CONFIG = "--config";
    private static final String LIFELINE = "--lifeline";
    private static final String STANDBY = "--standby";

    private final CommandSpec spec = CommandSpec.wrapWithoutInspection(this).name("run")
            .addOption(OptionSpec.builder("-c", CONFIG).type(Path.class).paramLabel("FILE").required(true)
                    .description("The router's configuration.").build())
            .addOption(OptionSpec.builder(LIFELINE).type(boolean.class)
                    .description("End when the standard input is at its end.").build())
            .addOption(OptionSpec.builder(STANDBY).type(boolean.class)
                    .description("If another router leads this OS, wait, ready to take over when it ends.").build());
    private final Map<String, String> environment = System.getenv();
    private final CountDownLatch end = new CountDownLatch(1);
    private Path file = Path.of("");
    private boolean standby;

    RunCommand() {
        spec.usageMessage()
                .description("Runs the router of this OS until it is told to end (TERM, INT). "
                        + "HUP reads the file again.")
                .footerHeading("%nExamples:%n")
                .footer(
                        "  nanorouter run -c router.toml             config/router.toml documents every key",
                        "  nanorouter run --standby -c router.toml   takes over when the other one dies");
    }

    CommandSpec spec() {
        return spec;
    }

    @Override
    public Integer call() throws InterruptedException {
        ParseResult given = spec.commandLine().getParseResult();
        file = given.matchedOptionValue(CONFIG, file);
        standby = given.hasMatchedOption(STANDBY);
        try {
            RouterConfig config = RouterConfig.read(file, environment);
            nameOs(config);
            try (LeaderLock lock = openLock(config)) {
                Signals.on("TERM", () -> end(lock));
                Signals.on("INT", () -> end(lock));
                if (given.hasMatchedOption(LIFELINE)) {
                    Lifeline.watch(System.in, () -> end(lock));
                }
                run(config, lock);
            }
        } catch (ConfigException e) {
            throw new CommandFailure(ExitStatus.CONFIGURATION, e.getMessage(), e);
        } catch (StartException e) {
            throw new CommandFailure(exitStatus(e.kind()), e.getMessage(), e);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.CANNOT_CREATE, "the leader's lock: " + e, e);
        }
        return ExitStatus.OK;
    }

    /** Before the threads are made that log. */
    private static void nameOs(RouterConfig config) {
        RouterConfig.Attach attach = config.attach();
        if (attach != null) {
            LogFields.always(LogFields.OS, attach.os());
        }
    }

    private void run(RouterConfig config, LeaderLock lock)
        throws IOException, InterruptedException, ConfigException, StartException {
        if (lock.tryTake()) {
            try (Router router = Router.prepare(config, file, environment)) {
                lead(router, LeaderLine.none());
            }
        } else if (!standby) {
            throw new StartException(StartException.Kind.UNAVAILABLE, "process " + lock.leader() + " leads this OS and "
                + "holds " + lock.file() + "; is another router running? With --standby this one waits for its end",
                null);
        } else {
            standBy(config, lock);
        }
    }

    private void standBy(RouterConfig config, LeaderLock lock)
        throws IOException, InterruptedException, ConfigException, StartException {
        FileTime readAt = Files.getLastModifiedTime(file);
        // What it makes anew is read anew when it leads.
        Signals.on("HUP", () -> LOG.info("{} is read again when this router leads", file));
        LeadRehearsal.run(config);
        // The last one: a class that is loaded after it may undo what was compiled.
        Rehearsal.run();
        try (LeaderLine line = LeaderLine.open(config.control());
                Router router = Router.prepare(config, file, environment)) {
            Systemd.notify("READY=1\nSTATUS=stands by");
            LOG.info("stands by for process {}", lock.leader());
            if (!lock.await()) {
                return;
            }
            LOG.info("leads now");
            line.hangUp();
            if (Files.getLastModifiedTime(file).equals(readAt)) {
                lead(router, line);
                return;
            }
            try (Router changed = Router.prepare(RouterConfig.read(file, environment), file, environment)) {
                lead(changed, line);
            }
        }
    }

    private void lead(Router router, LeaderLine line) throws InterruptedException, StartException {
        // A standby has said READY when it began to stand by.
        router.lead(line,
            () -> Systemd.notify((line.isOfStandby() ? "" : "READY=1\n") + "STATUS=leads, frames can flow"));
        Signals.on("HUP", router::reload);
        end.await();
        Systemd.notify("STOPPING=1");
    }

    /** For any thread. */
    private void end(LeaderLock lock) {
        end.countDown();
        lock.stopWaiting();
    }

    private static LeaderLock openLock(RouterConfig config) throws StartException {
        try {
            return LeaderLock.beside(config.control());
        } catch (IOException e) {
            throw new StartException(StartException.Kind.CANNOT_CREATE,
                "control socket " + config.control() + ": the leader's lock beside it cannot be made: " + e, e);
        }
    }

    private static int exitStatus(StartException.Kind kind) {
        return switch (kind) {
            case UNAVAILABLE -> ExitStatus.UNAVAILABLE;
            case CANNOT_CREATE -> ExitStatus.CANNOT_CREATE;
            case NO_PERMISSION -> ExitStatus.NO_PERMISSION;
        };
    }
}
