// SPDX-License-Identifier: Apache-2.0
/**
 * What {@code router.toml} says, read once into immutable values with every default filled in.
 *
 * <p>The example {@code config/router.toml} documents each key with its default, range and unit. What the file leaves
 * out about the attachment and the control socket comes from the environment that the nanokernel gives a cell.
 */
@org.jspecify.annotations.NullMarked
package org.nanorouter.router.config;
