// SPDX-License-Identifier: Apache-2.0
/**
 * Side-by-side measurements of the whole path from one OS to another.
 *
 * <p>A {@link org.nanorouter.bench.Contender} knows how to lay a {@link org.nanorouter.bench.Wire} between two
 * network namespaces: a veth pair (the kernel's own wire, the limit), Nanorouter, and other user-space switches. Each
 * round brings the contenders up one after the other, takes the same {@link org.nanorouter.bench.Measurement}
 * of each and takes them down again, so that a busy poller is never up while another is measured, and a drift of the
 * machine's speed meets all of them. What is reported is the median over the rounds, and the ratio to veth.
 *
 * <p>Everything runs in namespaces, folders and processes named after this run; all of them end with it.
 */
package org.nanorouter.bench;
