// SPDX-License-Identifier: Apache-2.0
/**
 * {@code nanorouter top}: what crosses a machine, as it does.
 *
 * <p><b>Flow.</b> {@link org.nanorouter.router.top.Sampler} asks the daemons and makes a
 * {@link org.nanorouter.router.top.Sample} of what they say; {@link org.nanorouter.router.top.TopModel} makes rates of
 * samples; {@code View} makes lines of the model, for a size, a character set and what the user chose in
 * {@code Settings}; {@code Screen} puts lines on a terminal. All but the first and the last are pure.
 *
 * <p><b>Goals, and how each is met.</b>
 * <ul>
 * <li>It costs little: a line each way per daemon and second, over connections that stay open; only what changed on the
 *     screen is written; nothing is formatted by {@code String.format}.
 * <li>What it shows is true: counters of different lives of a port are never subtracted from each other. A new
 *     connection, a peer's new epoch, and a counter that shrank each begin a new life, whose first sample has no rate.
 * <li>A daemon that hangs is asked again when it has answered, and the others meanwhile.
 * <li>Names come from OSes: everything but plain ASCII in them is replaced before it can reach the terminal.
 * </ul>
 *
 * <p><b>Threads.</b> One samples, one reads keys, and the caller's draws; the first two, and signals, hand it events
 * through a queue.
 */
@NullMarked
package org.nanorouter.router.top;

import org.jspecify.annotations.NullMarked;
