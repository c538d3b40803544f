// SPDX-License-Identifier: Apache-2.0
/**
 * What a {@link org.nanorouter.nanokernel.program.Program} in an OS has: ports and connections for messages, memory,
 * and sync objects, all shared with programs of other OSes. The guide is {@code docs/nanokernel.md}.
 */
@NullMarked
package org.nanorouter.nanokernel.program;

import org.jspecify.annotations.NullMarked;
