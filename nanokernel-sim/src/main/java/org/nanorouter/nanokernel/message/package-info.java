// SPDX-License-Identifier: Apache-2.0
/**
 * Messages between programs of different OSes: ports, connections, and a {@link
 * org.nanorouter.nanokernel.message.Messenger} that has them. The guide is {@code docs/nanokernel.md}.
 */
@NullMarked
package org.nanorouter.nanokernel.message;

import org.jspecify.annotations.NullMarked;
