// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.supervise;

/** The cell of an OS could not be made. */
public final class CellFailedException extends Exception {
    private static final long serialVersionUID = 1L;

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

    public int exitStatus() {
        return exitStatus;
    }
}
