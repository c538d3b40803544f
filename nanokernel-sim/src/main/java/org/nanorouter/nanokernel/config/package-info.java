// SPDX-License-Identifier: Apache-2.0
/**
 * Configuration files: parsed once, checked whole, then immutable.
 *
 * <p><b>Purpose.</b> {@link org.nanorouter.nanokernel.config.ConfigReader} reads a TOML file key by key and serves both
 * {@code machine.toml} and {@code router.toml}; {@link org.nanorouter.nanokernel.config.MachineConfig} is what
 * {@code machine.toml} says.
 *
 * <p><b>Flow.</b> A reader is opened on a file, typed getters are called for every key there is, and
 * {@link org.nanorouter.nanokernel.config.ConfigReader#finish} ends the reading. A getter never throws: it notes the
 * mistake with its line and column, returns the default and goes on, so that one run shows all mistakes of a file.
 * {@code finish} adds the keys that nobody asked for and throws one
 * {@link org.nanorouter.nanokernel.config.ConfigException} if anything was noted.
 *
 * <p><b>Refused.</b> Numbers without a unit where a unit belongs, keys that are not known (the nearest known one is
 * suggested), values out of range. There is no silent correction.
 */
@NullMarked
package org.nanorouter.nanokernel.config;

import org.jspecify.annotations.NullMarked;
