// SPDX-License-Identifier: Apache-2.0
/**
 * What a daemon has to do with the process that it is: signals, and a standard input that is its lifeline;
 * and how it runs a command inside a cell.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.process;
