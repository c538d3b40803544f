// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

/** Why a demonstration cannot begin here. */
public final class DemoException extends Exception {
    private static final long serialVersionUID = 1;

    /** What kind of obstacle it is. */
    public enum Kind {
        /** Programs that it needs are not installed. */
        UNAVAILABLE,
        /** What it was asked for takes more rights. */
        NO_PERMISSION,
        /** Its place is taken. */
        CANNOT_CREATE
    }

    private final Kind kind;

    DemoException(Kind kind, String message) {
        super(message);
        this.kind = kind;
    }

    public Kind kind() {
        return kind;
    }
}
