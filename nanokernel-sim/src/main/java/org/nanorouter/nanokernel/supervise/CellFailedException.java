// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

import java.io.IOException;
import org.nanorouter.nanokernel.cell.DeviceException;

/** The cell of an OS could not be made. */
public final class CellFailedException extends Exception {
    private static final long serialVersionUID = 1L;
    private static final int UNAVAILABLE = 69;
    private static final int CANNOT_CREATE = 73;

    private final int exitStatus;

    /**
     * Tells why.
     *
     * @param exitStatus a code of {@code sysexits.h}
     * @param message    what was tried and what was missing
     */
    public CellFailedException(int exitStatus, String message) {
        super(message);
        this.exitStatus = exitStatus;
    }

    /** What was needed before there was a process could not be had. */
    static CellFailedException notStarted(String os, IOException reason) {
        return new CellFailedException(reason instanceof DeviceException ? UNAVAILABLE : CANNOT_CREATE,
                os + ": " + reason.getMessage());
    }

    public int exitStatus() {
        return exitStatus;
    }
}
