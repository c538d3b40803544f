// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.nio.ByteBuffer;

/**
 * Bytes of a frame.
 *
 * @param captured bytes that are there
 * @param length   of the whole
 */
record FrameBytes(ByteBuffer memory, int offset, int captured, int length) {
}
