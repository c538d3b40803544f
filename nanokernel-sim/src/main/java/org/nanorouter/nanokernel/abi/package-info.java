// SPDX-License-Identifier: Apache-2.0
/**
 * The Java form of {@code docs/abi.md}: what every process of the machine agrees on, as constants.
 *
 * <p>A {@code *Descriptor} holds the offsets of one layout and nothing that acts. Offsets add up from the fields before
 * them, so that nobody counts bytes; the gaps are named. The C twin of each is a struct in {@code nk_abi.h}, and
 * {@code AbiTest} compares specification, C and Java number by number.
 *
 * <p>The enums are the value sets of single fields. Their {@code value()} is what stands in memory; a value that an
 * enum does not know comes from a newer or a broken writer, and {@code of} answers {@code null} for it.
 */
package org.nanorouter.nanokernel.abi;
