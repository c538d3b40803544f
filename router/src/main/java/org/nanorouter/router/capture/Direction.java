// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.capture;

/** Which frames of its ports a capture wants. */
public enum Direction {
    /** What came in there. */
    IN,
    /** What went out there. */
    OUT,
    /** Both. */
    INOUT,
    /** What came in there and was sent to nobody. */
    DROP
}
