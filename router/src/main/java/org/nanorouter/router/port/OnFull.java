// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port;

/** What becomes of frames for a port that has no room. */
public enum OnFull {
    /**
     * Reading at the ingress pauses until there is room, for a bounded time; then frames are dropped until there is.
     */
    WAIT,
    /** They are dropped at once. */
    DROP
}
