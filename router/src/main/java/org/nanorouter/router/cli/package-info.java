// SPDX-License-Identifier: Apache-2.0
/**
 * The command line: one program, {@code nanorouter OBJECT VERB}.
 *
 * <p>{@link org.nanorouter.router.cli.Nanorouter} is the main class. It loads only the subcommand that was named, since
 * the start of the program is most of what a user waits for; {@link org.nanorouter.router.cli.Commands} knows which
 * class that is. Other modules bring commands of their own as {@link org.nanorouter.router.cli.Subcommand} services.
 *
 * <p>What a command tells the user goes through {@link org.nanorouter.router.cli.Output}: a table for people, or with
 * {@code -j} one JSON value with stable keys. What went wrong is an exception, thrown up to {@code Nanorouter}, which
 * prints one line and ends with a code of {@link org.nanorouter.router.cli.ExitStatus}. No command prints a stack
 * trace unless {@code NANOROUTER_DEBUG} is set.
 */
@NullMarked
package org.nanorouter.router.cli;

import org.jspecify.annotations.NullMarked;
