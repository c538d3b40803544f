// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.chaos;

import org.jspecify.annotations.Nullable;

/** A kind of failure. */
public enum Trouble {
    /** The endpoint of an OS aborts. */
    PANIC("panic", "os.panic", true),
    /** The endpoint of an OS stops for good. */
    HANG("hang", "os.hang", true),
    /** Process 1 of an OS is killed. */
    KILL("kill", "os.kill", true),
    /** The endpoint is killed; where it is a service, it is started again, else it is the end of its OS. */
    ENDPOINT("router", "os.kill_endpoint", false),
    /** The endpoint stops for less than the deadline: it reads nothing, and its rings fill up. */
    PAUSE("slow", "os.hang", false),
    /** No doorbell of an OS, nor for it, is heard for a while. */
    DEAF("doorbell", "os.mute", false),
    /** What an OS says of its rings is garbage: its peers quarantine it, and it is to be restarted for that. */
    GARBAGE("garbage", "os.garble", true);

    private final String label;
    private final String verb;
    private final boolean endsOs;

    Trouble(String label, String verb, boolean endsOs) {
        this.label = label;
        this.verb = verb;
        this.endsOs = endsOs;
    }

    /** Stable name in the outputs. */
    public String label() {
        return label;
    }

    /** The constant with this label, or null. */
    public static @Nullable Trouble of(String label) {
        for (Trouble trouble : values()) {
            if (trouble.label.equals(label)) {
                return trouble;
            }
        }
        return null;
    }

    /** What the nanokernel is asked for. */
    String verb() {
        return verb;
    }

    /**
     * Whether the OS is to fail and to get its next epoch; else it is to live on.
     *
     * @param hasServices whether the OS's endpoint is a service of it
     */
    boolean endsOs(boolean hasServices) {
        return endsOs || this == ENDPOINT && !hasServices;
    }
}
