// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

/** Exit codes of every command, those of {@code sysexits.h}. */
public final class ExitStatus {
    /** All went well. */
    public static final int OK = 0;
    /** The command did its work and the answer is no: a check failed. */
    public static final int FAILED = 1;
    /** The command line is wrong. */
    public static final int USAGE = 64;
    /** Input data is wrong, for example a damaged capture file. */
    public static final int DATA = 65;
    /** A file that was named does not exist or cannot be read. */
    public static final int NO_INPUT = 66;
    /**
     * Something that the command needs is not to be had: no running instance, no such OS, no /dev/net/tun, or a place
     * that another running nanokernel or router holds.
     */
    public static final int UNAVAILABLE = 69;
    /** A mistake in this program. */
    public static final int INTERNAL = 70;
    /** A file, socket or interface could not be made, for example because one of that name is there. */
    public static final int CANNOT_CREATE = 73;
    /** Reading or writing failed. */
    public static final int IO = 74;
    /** Not permitted. */
    public static final int NO_PERMISSION = 77;
    /** A configuration file has mistakes. */
    public static final int CONFIGURATION = 78;

    private ExitStatus() {
    }
}
