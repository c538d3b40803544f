// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import com.fasterxml.jackson.jr.ob.JSON;
import java.io.IOException;
import java.util.Map;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.program.Program;

/** How a command becomes a program of the OS in which it runs; what goes wrong becomes a {@link CommandFailure}. */
final class ThisProgram {

    private final Map<String, String> environment;

    /** In the OS that the environment of a program names, if it names one. */
    ThisProgram(Map<String, String> environment) {
        this.environment = environment;
    }

    /** What a command does as a program of its OS. */
    @FunctionalInterface
    interface Work<T> {
        T with(Program program) throws IOException;
    }

    /** Joins, works, and leaves; what the nanokernel refuses makes the command fail. */
    <T> T run(Work<T> work) throws IOException {
        try (Program program = join()) {
            return work.with(program);
        } catch (AttachRefusedException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }

    private Program join() {
        try {
            return Program.join(environment);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }

    /** What programs have for one another; in an OS its nanokernel says so, else that of the instance. */
    Map<String, Object> listing(InstanceOption instance) throws IOException {
        if (instance.name() != null || !environment.containsKey("NK_ATTACH")) {
            return KernelCalls.call(instance, "list", null);
        }
        return run(program -> JSON.std.mapFrom(program.list()));
    }
}
