// SPDX-License-Identifier: Apache-2.0
/**
 * The control socket of a daemon: one JSON object a line in, one JSON object a line out.
 *
 * <p><b>Purpose.</b> The nanokernel and the router are asked and told things by the command line over a unix stream
 * socket of mode 0600. A request is {@code {"verb":"os.list", ...}}; the reply is what the verb's handler returns, or
 * {@code {"error":{"code":"not-found","message":"..."}}}.
 *
 * <p><b>Flow.</b> One thread serves all clients with a selector. Bytes are gathered until a line is complete, the
 * {@link org.nanorouter.nanokernel.control.ControlHandler} is called on that thread, and its reply is queued for the
 * client. A daemon with a loop of its own hands the call over to that loop.
 *
 * <p><b>Goals, and how each is met.</b>
 * <ul>
 * <li>A client harms only itself: a line longer than 64 KiB, or replies that the client does not fetch, end that
 *     client's connection. While a client's replies wait, its next requests are not read.
 * <li>Nobody else gets in: the socket is bound in a directory of mode 0700, made 0600, and only then moved to its
 *     path, so that it is never there with wider rights.
 * <li>No more than 16 clients; a further one is told so and closed.
 * </ul>
 */
@NullMarked
package org.nanorouter.nanokernel.control;

import org.jspecify.annotations.NullMarked;
