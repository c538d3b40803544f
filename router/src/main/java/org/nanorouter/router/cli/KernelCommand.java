// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Objects;
import java.util.concurrent.Callable;
import java.util.logging.Level;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.config.ConfigException;
import org.nanorouter.nanokernel.config.MachineCheck;
import org.nanorouter.nanokernel.config.MachineConfig;
import org.nanorouter.nanokernel.daemon.InstanceException;
import org.nanorouter.nanokernel.daemon.Nanokernel;
import org.nanorouter.nanokernel.daemon.RunDirectory;
import org.nanorouter.nanokernel.daemon.StartException;
import org.nanorouter.nanokernel.daemon.TakeoverRehearsal;
import org.nanorouter.nanokernel.keeper.Keeper;
import org.nanorouter.router.process.Hush;
import org.nanorouter.router.process.Signals;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code nanorouter kernel}: the nanokernel's daemon. */
@Command(
        name = "kernel",
        description = {
            "Runs the nanokernel: cuts memory into regions, starts the OSes, and watches them.",
            "It stays in the foreground. TERM or INT end it and its OSes in order; HUP checks the file again",
            "and logs its mistakes, or that a restart is needed."
        },
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter kernel -c machine.toml          runs the machine that the file describes",
            "  nanorouter kernel -c machine.toml -I two   another machine beside the first"
        })
final class KernelCommand implements Callable<Integer> {
    private static final Logger LOG = LoggerFactory.getLogger(KernelCommand.class);
    private static final String KEPT_CONFIG = "config";
    /** The package of all that it does. */
    private static final String NANOKERNEL = "org.nanorouter.nanokernel";

    @Mixin
    private InstanceOption instance = new InstanceOption();

    @Option(names = {"-c", "--config"}, paramLabel = "FILE", required = true,
            description = "The description of the machine, machine.toml.")
    private @Nullable Path config;

    @Option(names = "--lifeline", description = "End, with all OSes, when standard input, a pipe, is closed.")
    private boolean lifeline;

    @Option(names = "--no-spare", description = {
        "Keep no second nanokernel ready. There is one from ten seconds after the start on, some 50 MB, and takes over",
        "if this one is killed; without it the OSes go on unsupervised until one has started."
    })
    private boolean noSpare;

    @Override
    public Integer call() throws Exception {
        Path file = Objects.requireNonNull(config);
        try (Keeper keeper = Keeper.ofEnvironment(() -> rehearse(file))) {
            return run(file, keeper);
        } catch (EOFException e) {
            return ExitStatus.OK;
        }
    }

    private void rehearse(Path file) {
        try {
            MachineConfig machine = MachineConfig.parse(MachineConfig.text(file), file);
            // Of OSes that nobody has nobody is to read, and least that their nanokernel died.
            Hush hush = Hush.over(NANOKERNEL, Level.SEVERE);
            try (hush) {
                TakeoverRehearsal.run(directory(machine));
            }
            LOG.info("a spare is ready");
        } catch (IOException | RuntimeException e) {
            LOG.warn("a spare is ready, and has not rehearsed: {}", e.toString());
        } catch (ConfigException | InstanceException e) {
            LOG.debug("the file changed; what counts is what it was", e);
        }
    }

    private Nanokernel.Options options(MachineConfig machine, Keeper keeper) throws InstanceException {
        return new Nanokernel.Options(machine, keeper, directory(machine), homeOrNull(), lifeline, !noSpare);
    }

    private RunDirectory directory(MachineConfig machine) throws InstanceException {
        return RunDirectory.of(RunDirectory.base(), nameOf(machine));
    }

    private int run(Path file, Keeper keeper) throws IOException {
        MachineConfig machine = read(file, keeper);
        try {
            Nanokernel kernel = Nanokernel.create(options(machine, keeper));
            Signals.on("TERM", kernel::stop);
            Signals.on("INT", kernel::stop);
            // A machine cannot be changed while it runs; and its terminal's end is not the machine's.
            Signals.on("HUP", () -> MachineCheck.check(file, machine));
            return kernel.run();
        } catch (InstanceException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        } catch (StartException e) {
            throw new CommandFailure(e.exitStatus(), String.valueOf(e.getMessage()), e);
        }
    }

    /** The file, or what it was for the nanokernel that was killed: its machine runs, and nobody asked to change it. */
    private static MachineConfig read(Path file, Keeper keeper) throws IOException {
        try {
            byte[] before = keeper.takeBytes(KEPT_CONFIG);
            if (before != null) {
                return MachineConfig.parseRunning(new String(before, StandardCharsets.UTF_8), file);
            }
            String text = MachineConfig.text(file);
            MachineConfig machine = MachineConfig.parse(text, file);
            keeper.keepBytes(KEPT_CONFIG, text.getBytes(StandardCharsets.UTF_8));
            return machine;
        } catch (ConfigException e) {
            throw new CommandFailure(ExitStatus.CONFIGURATION, String.valueOf(e.getMessage()), e);
        }
    }

    private String nameOf(MachineConfig machine) {
        String named = instance.name();
        if (named != null) {
            return named;
        }
        return machine.name() == null ? RunDirectory.DEFAULT_NAME : machine.name();
    }

    private static @Nullable Path homeOrNull() {
        String home = System.getProperty("nanorouter.home");
        return home == null ? null : Path.of(home);
    }
}
