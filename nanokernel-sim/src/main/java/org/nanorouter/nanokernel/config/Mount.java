// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.config;

import java.nio.file.Path;

/**
 * A file or directory of the machine that a cell sees.
 *
 * @param source   path on the machine
 * @param target   path in the cell
 * @param readOnly whether the cell may only read it
 */
public record Mount(Path source, Path target, boolean readOnly) {
}
