// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the daemons said at one time.
 *
 * @param hasNanokernel whether one was asked
 * @param nanokernel    its reply to {@code status}, or null if there was none
 * @param routers       of each OS that has or had a router, in the order of their names
 */
record Answers(boolean hasNanokernel, @Nullable Map<String, Object> nanokernel, Map<String, OfRouter> routers) {
    /**
     * What one router said.
     *
     * @param status its reply to {@code status}, or null if it did not answer
     * @param ports  its reply to {@code port}, empty if it did not answer
     */
    record OfRouter(@Nullable Map<String, Object> status, Map<String, Object> ports) {
        static final OfRouter NONE = new OfRouter(null, Map.of());
    }
}
