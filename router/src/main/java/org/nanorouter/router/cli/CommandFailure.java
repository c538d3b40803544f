// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import org.jspecify.annotations.Nullable;

/** Ends a command with a message of one or a few lines and an exit code of {@link ExitStatus}. */
public final class CommandFailure extends RuntimeException {
    private static final long serialVersionUID = 1;

    private final int exitStatus;

    public CommandFailure(int exitStatus, String message) {
        this(exitStatus, message, null);
    }

    public CommandFailure(int exitStatus, String message, @Nullable Throwable cause) {
        super(message, cause);
        this.exitStatus = exitStatus;
    }

    public int exitStatus() {
        return exitStatus;
    }
}
