// SPDX-License-Identifier: Apache-2.0
/**
 * Cells: how an OS's processes are started, ended and kept apart.
 *
 * <p>The namespaces are made by the C program {@code nk-cell}, one process for each cell; this package tells it what to
 * make, hears of its end, and looks after the OS's directory, the control groups that limit it, and the devices that it
 * has for itself.
 */
@NullMarked
package org.nanorouter.nanokernel.cell;

import org.jspecify.annotations.NullMarked;
