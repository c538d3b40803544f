// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port.nic;

/** How fast a capture file is replayed. */
public enum Pace {
    /** With the gaps that its timestamps have, from the first call on. */
    TIMESTAMPS("timestamps"),
    /** As fast as it is taken. */
    FAST("fast");

    private final String label;

    Pace(String label) {
        this.label = label;
    }

    /** Stable name in configuration and outputs. */
    public String label() {
        return label;
    }
}
