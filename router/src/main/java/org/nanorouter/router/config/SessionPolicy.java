// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.config;

/** What becomes of the TCP sessions of this OS with a peer when the peer's epoch ends. */
public enum SessionPolicy {
    /** They are ended at once: whoever reads or writes finds the connection aborted. */
    RESET,
    /** They stay, until TCP itself gives them up. */
    KEEP
}
