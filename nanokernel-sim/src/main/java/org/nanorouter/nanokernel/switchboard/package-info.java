// SPDX-License-Identifier: Apache-2.0
/**
 * Where programs of different OSes find one another ({@code docs/abi.md} section 6): names of ports, memory and sync
 * objects, and the connections between ports. It hands memory and doorbells out and is not on a message's way. Used on
 * the nanokernel's thread alone.
 */
@NullMarked
package org.nanorouter.nanokernel.switchboard;

import org.jspecify.annotations.NullMarked;
