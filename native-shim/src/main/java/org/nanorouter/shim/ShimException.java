// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import java.io.IOException;

/** A system call failed. */
public final class ShimException extends IOException {
    private static final long serialVersionUID = 1;

    private final int errno;

    /**
     * Makes the message {@code what: ENAME (errno)}.
     *
     * @param errno the error's number, positive
     * @param what what was tried, with its arguments as {@code name=value}
     */
    public ShimException(int errno, String what) {
        super(what + ": " + Errno.describe(errno));
        this.errno = errno;
    }

    /** The error's number, one of {@link Errno}, positive. */
    public int errno() {
        return errno;
    }
}
