// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import org.jspecify.annotations.Nullable;

/**
 * What an {@link AttachSession} asks of, and tells to, the nanokernel: one for each OS. Called on the thread that calls
 * the session.
 */
public interface AttachHost {

    /** Name of the OS whose socket this is. */
    String osName();

    /** The time in ns, of the clock of {@link AttachSession#onTime}. */
    default long now() {
        return System.nanoTime();
    }

    /** What the OS may have now, or {@code null} while it has no region that may be attached to. */
    @Nullable AttachGrant grant();

    /** The session that is attached to this OS, or {@code null}. */
    @Nullable AttachSession attached();

    /** Where the requests of another program of this OS go; {@code null} if there are as many as may be. */
    default @Nullable ProgramHost programs() {
        return null;
    }

    /** From now on {@code session} is the attached one; PEER and PEER_GONE of later events go to it. */
    void attached(AttachSession session);

    /** The endpoint says that frames can flow. */
    void ready(AttachSession session);

    /** The endpoint says that the OS's panic record is written. */
    void panicked(AttachSession session);

    /** The endpoint says that it has seen no beat of this epoch of that peer within the peer's deadline. */
    void silent(AttachSession session, int peerId, int peerEpoch);

    /** The endpoint says that its channel to this epoch of that peer is in quarantine. */
    void lied(AttachSession session, int peerId, int peerEpoch);

    /**
     * The session ended and its descriptor is about to be closed: take it off the poll set. Called once, for a session
     * that never attached, too.
     *
     * @param reason for the log
     */
    void ended(AttachSession session, String reason);
}
