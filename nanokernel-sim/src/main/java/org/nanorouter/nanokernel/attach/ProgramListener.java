// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;
import org.nanorouter.nanokernel.abi.ClosedReason;

/** What {@link ProgramLink#dispatch} tells. */
public interface ProgramListener {

    /**
     * A request was answered.
     *
     * @param id of the port
     * @param error why it was refused; {@code null}: it was not
     * @param text says so for people
     */
    void answered(int request, int id, @Nullable AttachError error, String text);

    /** There is a connection; its memory and descriptors are the listener's from now on. */
    void connected(ConnectionEnd end);

    /** There is memory or a sync object. */
    void granted(ObjectGrant grant);

    /** What programs have for one another: JSON, with {@code ports}, {@code memory}, {@code syncs} and {@code oses}. */
    void listed(int request, String json);

    /** The other end of a connection, or the maker of memory, is gone. */
    void closed(int id, ClosedReason reason);

    /** The connection to the nanokernel ended; what goes on through shared memory goes on. */
    void lost(String reason);
}
