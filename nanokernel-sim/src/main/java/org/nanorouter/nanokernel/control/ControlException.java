// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.control;

/** A request that was answered with an error. */
public final class ControlException extends Exception {
    /** Not a JSON object, no verb, or a wrong argument. */
    public static final String BAD_REQUEST = "bad-request";
    /** The daemon has no such verb. */
    public static final String UNKNOWN_VERB = "unknown-verb";
    /** What the request names does not exist. */
    public static final String NOT_FOUND = "not-found";
    /** What the request names is in a state that forbids it. */
    public static final String CONFLICT = "conflict";
    /** The daemon cannot serve it now: too many clients, or it ends. */
    public static final String UNAVAILABLE = "unavailable";
    /** The daemon failed; its log says more. */
    public static final String INTERNAL = "internal";

    private static final long serialVersionUID = 1L;

    private final String code;

    /**
     * Makes an error reply.
     *
     * @param code    one of the constants of this class, or another stable word
     * @param message a sentence for people
     */
    public ControlException(String code, String message) {
        super(message);
        this.code = code;
    }

    public String code() {
        return code;
    }
}
