// SPDX-License-Identifier: Apache-2.0
/**
 * Tells from heartbeats whether an OS lives.
 *
 * <p>An OS stores the time into its own region with every beat, and may store anything. So only the <i>change</i> of
 * the word counts, timed by the nanokernel's own clock. And the nanokernel may be late itself, on a machine with too
 * much to do or after a suspend: what it was late is forgiven to everybody.
 */
@NullMarked
package org.nanorouter.nanokernel.watch;

import org.jspecify.annotations.NullMarked;
