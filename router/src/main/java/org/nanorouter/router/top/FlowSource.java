// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.util.List;

/** Who knows which flows there are. Called by the thread that samples, once a round. */
public interface FlowSource extends AutoCloseable {
    /** The largest flows since the last call, the largest first, at most so many. Does not wait. */
    List<Flow> flows(int most);

    @Override
    void close();
}
