// SPDX-License-Identifier: Apache-2.0
/**
 * The router as a process: brings ports up from the configuration, keeps the attachment to the nanokernel, and takes
 * everything down.
 *
 * <h2>Start</h2>
 * Prepared: memory and the data loop's thread. Leading, which takes the leader's lock ({@link
 * org.nanorouter.router.standby}): attachment, ports, then READY to the nanokernel and to systemd: frames can flow; and
 * meanwhile the control socket. Whatever fails, what was made before is undone, and a
 * {@link org.nanorouter.router.daemon.StartException} says why in one sentence.
 *
 * <h2>Life</h2>
 * Everything of the data path, the attachment included, belongs to the data loop's thread. Peers come and go with
 * their epochs; each is a port while it is there. If the nanokernel goes, the rings and doorbells stay: frames go on,
 * and the router tries to attach again, at first soon, then less and less often.
 *
 * <h2>Reload</h2>
 * The new file is read and checked whole; with a mistake in it, nothing changes. Ports that are new, gone or
 * different are made, removed or made anew. What cannot change in a running router is named in the answer.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.daemon;
