// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.util.concurrent.Callable;

/**
 * A command that another module adds to {@code nanorouter}, found by {@link java.util.ServiceLoader}. The class bears
 * picocli's {@code @Command} annotation with its name and description, and returns its exit code.
 */
public interface Subcommand extends Callable<Integer> {
}
