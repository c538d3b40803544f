// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.io.IOException;
import java.lang.ProcessBuilder.Redirect;
import java.util.List;
import java.util.function.Consumer;
import org.nanorouter.nanokernel.abi.Failure;
import org.nanorouter.nanokernel.abi.OsState;
import org.nanorouter.nanokernel.config.RestartConfig;
import org.nanorouter.nanokernel.config.RestartConfig.Policy;
import org.nanorouter.nanokernel.config.RestartConfig.Reaction;
import org.nanorouter.nanokernel.loop.PollLoop;
import org.nanorouter.nanokernel.memory.ManagementWriter;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What follows when an OS has failed and its processes have ended: its next epoch, or none. */
final class Recovery {
    private static final Logger LOG = LoggerFactory.getLogger(Recovery.class);
    private static final long NS_PER_MS = 1_000_000;
    private static final int SIGNALLED = 128;

    private final PollLoop loop;
    private final MachineMemory memory;
    private final Lifecycle lifecycle;
    private final Consumer<ManagedOs> launch;

    /**
     * Makes it.
     *
     * @param launch begins an OS's next epoch
     */
    Recovery(PollLoop loop, MachineMemory memory, Lifecycle lifecycle, Consumer<ManagedOs> launch) {
        this.loop = loop;
        this.memory = memory;
        this.lifecycle = lifecycle;
        this.launch = launch;
    }

    /** Whether a hung OS is ended; else it is left alone, and a later beat mends it. */
    boolean endsHung(ManagedOs os) {
        RestartConfig config = os.config.restart();
        return config.hung() == Reaction.RESTART && config.policy() != Policy.NEVER;
    }

    /** Says for people how an init ended, by its status as a shell gives it. */
    static String describe(int status) {
        return status > SIGNALLED ? "its init was ended by signal " + (status - SIGNALLED)
                : "its init ended with " + status;
    }

    /** The kind of failure that the end of an init with this status is. */
    static Failure failureOf(int status) {
        return status > SIGNALLED ? Failure.SIGNAL : Failure.EXIT;
    }

    /** The processes of an OS that failed have ended; if that was its failure, then more is known of it now. */
    void ended(ManagedOs os, int status) {
        ManagementWriter management = memory.management();
        if (management.region().lastFailure(os.id()) == Failure.EXIT) {
            os.endedWell = status == 0;
            os.failureText = describe(status);
            management.failure(os.id(), failureOf(status), management.region().lastFailureAt(os.id()));
            lifecycle.report(os, os.failureText);
            memory.recorder().explain(os, lifecycle.events());
        }
        begin(os);
    }

    /** The OS is PANICKED or HUNG, and nothing of it runs. */
    void begin(ManagedOs os) {
        RestartConfig config = os.config.restart();
        if (config.policy() == Policy.NEVER) {
            return;
        }
        if (os.endedWell && config.policy() == Policy.ON_FAILURE) {
            lifecycle.become(os, OsState.STOPPED, "its init ended with 0, which is no failure");
            return;
        }
        long delay = os.budget.failed(loop.nanoTime());
        if (delay == RestartBudget.EXHAUSTED) {
            lifecycle.become(os, OsState.FAILED, "restarted " + config.limit() + " times within "
                    + config.window().toSeconds() + " s; 'os start " + os.name() + "' begins anew");
            return;
        }
        memory.countRestart(os);
        String count = config.limit() > 0 ? ", " + os.budget.used() + " of " + config.limit() : "";
        lifecycle.become(os, OsState.RESTARTING, "in " + delay / NS_PER_MS + " ms" + count);
        os.nextStart = loop.schedule(delay, () -> {
            os.nextStart = null;
            start(os);
        });
    }

    /** Begins the next epoch of an OS that is RESTARTING. */
    void start(ManagedOs os) {
        launch.accept(os);
        runCommand(os, os.config.restart().command());
    }

    /** For an external OS, whose processes are not ours. */
    private static void runCommand(ManagedOs os, List<String> command) {
        if (command.isEmpty()) {
            return;
        }
        try {
            ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true)
                    .redirectInput(Redirect.from(new java.io.File("/dev/null")))
                    .redirectOutput(Redirect.appendTo(os.directory.consoleLog().toFile()));
            builder.start().onExit().thenAccept(ended -> {
                if (ended.exitValue() != 0) {
                    os.log(() -> LOG.warn("{}: its restart command ended with {}", os.name(), ended.exitValue()));
                }
            });
        } catch (IOException e) {
            os.log(() -> LOG.error("{}: its restart command was not started: {}", os.name(), e.getMessage()));
        }
    }
}
