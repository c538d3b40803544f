// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.attach;

import java.io.IOException;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.abi.AttachError;

/**
 * The nanokernel refused the attach.
 */
public final class AttachRefusedException extends IOException {

    private static final long serialVersionUID = 1L;

    private final transient @Nullable AttachError error;

    AttachRefusedException(@Nullable AttachError error, String text) {
        super("refused by the nanokernel: " + (error == null ? "" : error + ": ") + text);
        this.error = error;
    }

    /** Why; {@code null} for a reason that this revision does not know. */
    public @Nullable AttachError error() {
        return error;
    }
}
