// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.doctor;

/** A group of checks. */
interface Checks {
    /** Stable word for the group. */
    String group();

    /** Looks, and says what it found; whatever is in the surroundings, it does not throw. */
    void look(Surroundings here, Findings findings);
}
