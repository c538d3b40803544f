// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.program;

import java.io.IOException;
import java.nio.ByteBuffer;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.ClosedReason;
import org.nanorouter.nanokernel.attach.ObjectGrant;

/**
 * Memory that a program made and that others map. What others may write can change at any time: copy what is checked
 * and used then. Used by the thread that uses its {@link Program}; the bytes by any.
 */
public final class SharedMemory implements AutoCloseable {
    private final Program program;
    private final ObjectGrant grant;
    private @Nullable ClosedReason closed;

    SharedMemory(Program program, ObjectGrant grant) {
        this.program = program;
        this.grant = grant;
    }

    /** Little-endian, from the first byte on; read-only unless this program may write it. Not for use after close. */
    public ByteBuffer buffer() {
        return grant.memory().buffer();
    }

    /** Bytes, a multiple of 4096. */
    public long length() {
        return grant.memory().size();
    }

    /** Whether this program may write it: the memory protection hardware refuses it else. */
    public boolean isWritable() {
        return grant.writable();
    }

    /** Id of the OS of which a program made it. */
    public int ownerOs() {
        return grant.ownerOs();
    }

    /** That OS's epoch then. */
    public int ownerEpoch() {
        return grant.ownerEpoch();
    }

    /**
     * Why its maker does not have it any more; null while it does. What is mapped stays until {@link #close}.
     *
     * @throws IOException if the nanokernel is lost, so that nobody can say
     */
    public @Nullable ClosedReason closed() throws IOException {
        if (closed == null) {
            program.look();
        }
        return closed;
    }

    int id() {
        return grant.id();
    }

    void closedByMaker(ClosedReason reason) {
        closed = reason;
    }

    /** Unmaps it; if this program made it, those that have it are told. */
    @Override
    public void close() {
        program.forget(this);
    }

    void free() {
        grant.memory().close();
    }
}
