// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.top;

import java.io.IOException;
import java.nio.file.Path;
import java.util.Map;
import org.nanorouter.nanokernel.control.ControlClient;

/** Where the daemons of a machine are found, again and again, since they come and go. */
public interface Daemons {
    /** False if there are routers alone: within an OS, or if one socket was named. */
    boolean hasNanokernel();

    /** Connects to the nanokernel. */
    ControlClient nanokernel() throws IOException;

    /** The control sockets that routers have now, by the names of their OSes, sorted. */
    Map<String, Path> routers() throws IOException;

    /** Connects to a router, if it is one: what an OS put there may be anything. */
    ControlClient router(Path socket) throws IOException;
}
