// SPDX-License-Identifier: Apache-2.0
/**
 * What a router answers at its control socket: {@code status}, {@code port}, {@code fdb}, {@code fdb-flush} and
 * {@code reload}.
 *
 * <p>Requests come on the control socket's thread. Numbers are gathered on the data loop in one task, so that they
 * belong together, and turned into text back on the control thread.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.control;
