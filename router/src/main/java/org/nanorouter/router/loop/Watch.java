// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.loop;

/** A descriptor that the loop watches. */
public interface Watch {
    /** Ends the watching; on the loop, and before the descriptor is closed. A second call does nothing. */
    void cancel();
}
