// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;

/**
 * The nanokernel refused an attach, a join or a request.
 */
public final class AttachRefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient @Nullable AttachError error;

    /**
     * Makes one.
     *
     * @param error {@link #error}
     * @param text what the nanokernel says
     */
    public AttachRefusedException(@Nullable AttachError error, String text) {
        super("refused by the nanokernel: " + (error == null ? "" : error + ": ") + text);
        this.error = error;
    }

    /** Why; {@code null} for a reason that this revision does not know. */
    public @Nullable AttachError error() {
        return error;
    }
}
