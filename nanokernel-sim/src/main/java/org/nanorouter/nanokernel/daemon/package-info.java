// SPDX-License-Identifier: Apache-2.0
/**
 * The nanokernel's process: its run directory, its loop, and what it answers.
 *
 * <p><b>Run directory.</b> Each running nanokernel is an <i>instance</i> with a directory
 * {@code BASE/NAME}. BASE is {@code $NANOROUTER_RUN}, else {@code /run/nanorouter} for root, else
 * {@code $XDG_RUNTIME_DIR/nanorouter}, else {@code /tmp/nanorouter-UID}.
 *
 * <pre>
 * BASE/NAME/lock              locked by the living nanokernel
 *           kernel.sock       its control socket, 0600
 *           cells             processes that it started, so that a successor can end what it left
 *           os/OS/            0700, of the OS's root
 *                 attach.sock  docs/abi.md section 5
 *                 token        32 bytes, 0600, new in each epoch
 *                 init.pid     process 1 of the cell, as the machine numbers it
 *                 router.sock  control socket of the router that runs in the OS; beside it, the router's own,
 *                              router.sock.lock (held by the one that leads), .standby and .fdb
 *                 console.log  what the init command wrote
 * </pre>
 */
@NullMarked
package org.nanorouter.nanokernel.daemon;

import org.jspecify.annotations.NullMarked;
