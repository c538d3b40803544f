// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.port;

/** What a port can do now. */
public enum PortState {
    /** Receives and sends. */
    UP("up"),
    /** Neither receives nor sends, for now: the device is down or the far side is away. */
    DOWN("down"),
    /** Neither receives nor sends until the peer's next epoch: it broke the rules of the ring. */
    QUARANTINED("quarantined"),
    /** Its source is exhausted or its device is gone; it never comes back by itself. */
    ENDED("ended");

    private final String label;

    PortState(String label) {
        this.label = label;
    }

    /** Stable name in the outputs. */
    public String label() {
        return label;
    }
}
