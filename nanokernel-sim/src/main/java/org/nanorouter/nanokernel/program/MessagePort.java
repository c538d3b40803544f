// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import org.jspecify.annotations.Nullable;

/** A name at which programs of other OSes reach this one. Used by the thread that uses its {@link Program}. */
public final class MessagePort implements AutoCloseable {
    private final Program program;
    private final String name;
    private final Inbox inbox = new Inbox();
    private int id;

    MessagePort(Program program, String name) {
        this.program = program;
        this.name = name;
    }

    int id() {
        return id;
    }

    void opened(int portId) {
        id = portId;
    }

    Inbox inbox() {
        return inbox;
    }

    /** Its name, unique in this OS. */
    public String name() {
        return name;
    }

    /**
     * Takes the next message, in turn from all that are connected.
     *
     * @param timeoutMs how long to wait; 0: not at all; -1: for ever
     * @return null if none came in time
     * @throws IOException if the nanokernel is lost and nobody is connected
     */
    public @Nullable Message receive(long timeoutMs) throws IOException {
        return program.receive(inbox, null, timeoutMs);
    }

    /** Nobody else can connect; what is connected stays so. */
    @Override
    public void close() throws IOException {
        program.forget(this);
    }
}
