// SPDX-License-Identifier: Apache-2.0
/**
 * Looks at a machine for what Nanorouter needs of it, and says how to mend what is missing.
 *
 * <p><b>Flow.</b> {@link org.nanorouter.router.doctor.Doctor} hands the
 * {@link org.nanorouter.router.doctor.Surroundings} to one group of checks after the other. Each puts a line for what
 * it found into {@link org.nanorouter.router.doctor.Findings}: good, a warning, a failure, or that it could not look.
 * A warning and a failure come with advice, and with the command that follows it, if there is one.
 *
 * <p><b>Nothing is changed.</b> What has to be tried is tried by {@code nk-probe}, in a process that ends; a TAP
 * and the end of a TCP session in a real cell, made by {@code nk-cell} as the nanokernel does, that ends with it.
 *
 * <p><b>What it refuses.</b> No check asks the network. None knows where /proc, /sys or /dev are: it is told, so that
 * tests can make each of them fail. It asks no daemon; who calls brings what daemons said.
 */
@NullMarked
package org.nanorouter.router.doctor;

import org.jspecify.annotations.NullMarked;
