// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.SyncKind;
import org.nanorouter.nanokernel.program.Barrier;
import org.nanorouter.nanokernel.program.Event;
import org.nanorouter.nanokernel.program.Program;
import org.nanorouter.nanokernel.program.Semaphore;
import picocli.CommandLine.ArgGroup;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code nanorouter sync}: semaphores, events and barriers between OSes, from a shell. */
@Command(
        name = "sync",
        synopsisSubcommandLabel = "VERB",
        description = {
            "Waits for programs of other OSes, and lets them go on. It runs in an OS, and makes",
            "what is not there, which lives while a program has it; 'nk sync' does the same in",
            "one without Java. 'list' also runs where the nanokernel does."
        },
        commandListHeading = "%nVerbs:%n",
        footerHeading = "%nExamples:%n",
        footer = {
            "  nanorouter exec guest -- nanorouter sync wait ready           until somebody sets the event",
            "  nanorouter exec host -- nanorouter sync post ready            sets it, for those who wait now",
            "  nanorouter exec host -- nanorouter sync wait --barrier=2 go   until two have come",
            "  nanorouter sync list                                          all sync objects of the machine",
            "",
            "-j shows one object: name, kind, result. Of 'wait' that is passed, last (at a",
            "barrier), timed-out or broken; of 'post' posted, full or unknown."
        })
final class SyncCommand implements Runnable {

    private final ThisProgram here;

    @Spec
    private CommandSpec spec = CommandSpec.create();

    SyncCommand(ThisProgram here) {
        this.here = here;
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "A verb is missing; 'nanorouter sync --help' names them");
    }

    /** What is meant; an event that is reset by hand, if nothing is said. */
    static final class Kind {
        @Option(names = "--auto", description = "An event that lets one pass each time it is set.")
        private boolean auto;

        @Option(names = "--semaphore", paramLabel = "LIMIT", description = "A semaphore of at most LIMIT units.")
        private @Nullable Integer semaphore;

        @Option(names = "--barrier", paramLabel = "PARTIES", description = "A barrier for so many.")
        private @Nullable Integer barrier;

        SyncKind kind() {
            if (semaphore != null) {
                return SyncKind.SEMAPHORE;
            } else if (barrier != null) {
                return SyncKind.BARRIER;
            }
            return auto ? SyncKind.AUTO_EVENT : SyncKind.MANUAL_EVENT;
        }
    }

    @Command(name = "wait", description = {
        "Waits for an event, takes a unit of a semaphore, or comes to a barrier.",
        "Exit code 1 if the time was over, or if somebody gave up or died at the barrier."
    })
    int await(
            @Parameters(paramLabel = "NAME", converter = ObjectName.class,
                    description = ObjectName.CHARACTERS) String name,
            @ArgGroup Kind kind,
            @Option(names = {"-t", "--timeout"}, paramLabel = "MS", defaultValue = "-1",
                    description = "How long. Default: for ever.") long timeoutMs,
            @Mixin OutputOption output) throws IOException {
        Kind wanted = kind == null ? new Kind() : kind;
        return here.run(program -> {
            Barrier.Result result = await(program, name, wanted, timeoutMs);
            show(output, name, wanted, result.name().toLowerCase(Locale.ROOT).replace('_', '-'));
            if (result == Barrier.Result.BROKEN) {
                throw new CommandFailure(ExitStatus.FAILED, "barrier " + name + " is broken", null);
            } else if (result == Barrier.Result.TIMED_OUT) {
                throw new CommandFailure(ExitStatus.FAILED, name + ": not within " + timeoutMs + " ms", null);
            }
            return ExitStatus.OK;
        });
    }

    private static Barrier.Result await(Program program, String name, Kind wanted, long timeoutMs)
            throws IOException {
        boolean done;
        if (wanted.barrier != null) {
            try (Barrier barrier = program.barrier(name, wanted.barrier)) {
                return barrier.await(timeoutMs);
            }
        } else if (wanted.semaphore != null) {
            try (Semaphore semaphore = program.semaphore(name, 0, wanted.semaphore)) {
                done = semaphore.acquire(timeoutMs);
            }
        } else {
            try (Event event = program.event(name, wanted.auto)) {
                done = event.await(timeoutMs);
            }
        }
        return done ? Barrier.Result.PASSED : Barrier.Result.TIMED_OUT;
    }

    /** To people the exit code says it. */
    private static void show(OutputOption output, String name, Kind kind, String result) {
        Output out = output.output();
        if (out.isJson()) {
            Map<String, Object> answer = new LinkedHashMap<>();
            answer.put("name", name);
            answer.put("kind", kind.kind().label());
            answer.put("result", result);
            out.json(answer);
        }
    }

    @Command(name = "post", description = {
        "Sets an event, or gives a unit to a semaphore.",
        "Exit code 1 if no program has it, so that nobody would know, or if the semaphore is full."
    })
    int post(
            @Parameters(paramLabel = "NAME", converter = ObjectName.class,
                    description = ObjectName.CHARACTERS) String name,
            @ArgGroup Kind kind,
            @Mixin OutputOption output) throws IOException {
        Kind wanted = kind == null ? new Kind() : kind;
        if (wanted.barrier != null) {
            throw new ParameterException(spec.commandLine(), "a barrier is waited for by all, and posted by none");
        }
        return here.run(program -> {
            List<?> syncs = (List<?>) JSON.std.mapFrom(program.list()).get("syncs");
            if (syncs.stream().noneMatch(sync -> name.equals(((Map<?, ?>) sync).get("name")))) {
                show(output, name, wanted, "unknown");
                throw new CommandFailure(ExitStatus.FAILED, "no program has " + name, null);
            }
            boolean full = !post(program, name, wanted);
            show(output, name, wanted, full ? "full" : "posted");
            if (full) {
                throw new CommandFailure(ExitStatus.FAILED, "semaphore " + name + " is full", null);
            }
            return ExitStatus.OK;
        });
    }

    /** False: it is a semaphore that is full. */
    private static boolean post(Program program, String name, Kind wanted) throws IOException {
        if (wanted.semaphore != null) {
            try (Semaphore semaphore = program.semaphore(name, 0, wanted.semaphore)) {
                return semaphore.release();
            }
        }
        try (Event event = program.event(name, wanted.auto)) {
            event.set();
        }
        return true;
    }

    @Command(name = "list", description = "Shows the sync objects of the machine.")
    int list(@Mixin InstanceOption instance, @Mixin OutputOption output) throws IOException {
        Object syncs = here.listing(instance).get("syncs");
        Output out = output.output();
        if (out.isJson()) {
            out.json(syncs);
            return ExitStatus.OK;
        }
        Output.Table table = out.table("NAME", "KIND", "STATE", ">PROGRAMS");
        for (Object entry : (List<?>) syncs) {
            Map<?, ?> sync = (Map<?, ?>) entry;
            table.row(sync.get("name"), sync.get("kind"), sync.get("state"), sync.get("programs"));
        }
        table.print();
        return ExitStatus.OK;
    }
}
