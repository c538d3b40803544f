// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.cell;

import java.io.IOException;

/** A device that an OS needs is not there, or belongs to somebody else; the message names it, and its owner. */
public final class DeviceException extends IOException {
    private static final long serialVersionUID = 1L;

    DeviceException(String message) {
        super(message);
    }
}
