// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.demo;

/** A step found something else than it should. */
final class StepFailure extends Exception {
    private static final long serialVersionUID = 1;

    private final String details;

    StepFailure(String message) {
        this(message, "");
    }

    /**
     * Makes a failure.
     *
     * @param message what was found, in one line
     * @param details lines that help to find out why, such as the output of a program; may be empty
     */
    StepFailure(String message, String details) {
        super(message);
        this.details = details;
    }

    String details() {
        return details;
    }
}
