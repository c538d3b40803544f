// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.daemon;

/** A nanokernel could not start, and took everything back that it had made. */
public final class StartException extends Exception {
    /** Something that it needs is not there. */
    public static final int UNAVAILABLE = 69;
    /** A file or memory could not be made. */
    public static final int CANNOT_CREATE = 73;
    /** Not permitted. */
    public static final int NO_PERMISSION = 77;

    private static final long serialVersionUID = 1L;

    private final int exitStatus;

    /**
     * Tells why.
     *
     * @param exitStatus a code of {@code sysexits.h}
     */
    public StartException(int exitStatus, String message, Throwable cause) {
        super(message, cause);
        this.exitStatus = exitStatus;
    }

    public int exitStatus() {
        return exitStatus;
    }
}
