// SPDX-License-Identifier: Apache-2.0
/**
 * A channel: the pair of rings and the pair of doorbells between this OS and one peer, for one epoch of each.
 *
 * <p>{@link org.nanorouter.nanokernel.channel.Channel} puts together what the attach socket handed out, holds the state
 * of {@code docs/abi.md} section 4.5, and counts. It makes no decision about frames, and never closes itself: the
 * attachment does, when the nanokernel says that the peer's epoch ended.
 */
package org.nanorouter.nanokernel.channel;
