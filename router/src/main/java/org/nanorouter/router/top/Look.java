// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

/**
 * What the terminal can show.
 *
 * @param width     columns
 * @param height    lines
 * @param isUnicode false if it has ASCII alone
 */
record Look(int width, int height, boolean isUnicode, Palette palette) {
}
