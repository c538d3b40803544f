// SPDX-License-Identifier: Apache-2.0
/**
 * The nanokernel's event loop: one thread, {@code poll(2)}, timers, and a queue for other threads.
 *
 * <p>Everything that the nanokernel owns is touched by this thread alone. What can take long is done elsewhere and its
 * result handed in with {@link org.nanorouter.nanokernel.loop.PollLoop#execute}. A handler that throws loses its
 * descriptor, so that a mistake in one place costs one connection.
 */
@NullMarked
package org.nanorouter.nanokernel.loop;

import org.jspecify.annotations.NullMarked;
