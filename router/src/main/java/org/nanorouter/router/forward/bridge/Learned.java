// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.forward.bridge;

/**
 * What came of one attempt to learn an address.
 */
public enum Learned {

    /** It was new, and has an entry now. */
    NEW,

    /** It is where it was. */
    KNOWN,

    /** It was behind another port, and its entry points to this one now. */
    MOVED,

    /** It is pinned to this port. */
    PINNED,

    /** It is pinned to another port. */
    PINNED_ELSEWHERE,

    /** The port holds its share of entries already. */
    PORT_FULL,

    /** The table is full. */
    TABLE_FULL
}
