// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.IOException;
import org.nanorouter.nanokernel.attach.AttachRefusedException;
import org.nanorouter.nanokernel.program.Program;

/** How a command becomes a program of the OS in which it runs; what goes wrong becomes a {@link CommandFailure}. */
final class ThisProgram {

    private ThisProgram() {
    }

    static Program join() {
        try {
            return Program.join(System.getenv());
        } catch (AttachRefusedException e) {
            throw refused(e);
        } catch (IOException e) {
            throw new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
        }
    }

    static CommandFailure refused(AttachRefusedException e) {
        return new CommandFailure(ExitStatus.UNAVAILABLE, String.valueOf(e.getMessage()), e);
    }
}
