// SPDX-License-Identifier: Apache-2.0
/**
 * Failures on purpose, one after the other at random, in a machine whose OSes talk to each other; and what came of
 * them.
 *
 * <p>Between every two OSes runs one TCP session whose every byte is checked at its place in the stream ({@code
 * nk-traffic}). {@link org.nanorouter.router.chaos.Chaos} draws an OS and a {@link
 * org.nanorouter.router.chaos.Trouble} from a seed, has the nanokernel bring it about, and waits until the nanokernel's
 * events say that it was noticed and that it is over, and the sessions say that bytes flow again. Times are those of
 * CLOCK_MONOTONIC, which every process of the machine shares.
 */
@NullMarked
package org.nanorouter.router.chaos;

import org.jspecify.annotations.NullMarked;
