// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

/** How a check ended. */
public enum Verdict {
    /** As it should be. */
    OK("ok"),
    /** Works, but less well, or not for everyone. */
    WARN("warn"),
    /** Something does not work as it is. */
    FAIL("fail"),
    /** It could not be looked at, or does not apply here. */
    SKIPPED("skipped");

    private final String label;

    Verdict(String label) {
        this.label = label;
    }

    /** A stable word. */
    public String label() {
        return label;
    }
}
