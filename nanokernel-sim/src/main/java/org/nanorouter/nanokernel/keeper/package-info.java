// SPDX-License-Identifier: Apache-2.0
/**
 * The nanokernel's side of {@code nk-keeper}, the process that holds copies of its descriptors, so that the next
 * nanokernel takes living OSes over when this one is killed; decision 22.
 */
@NullMarked
package org.nanorouter.nanokernel.keeper;

import org.jspecify.annotations.NullMarked;
