// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.exporter;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.nanorouter.nanokernel.control.ControlException;

/** The daemons of an instance, wherever they are. For several threads. */
public interface Daemons {
    /** One daemon, which may be gone by now. */
    @FunctionalInterface
    interface Daemon {
        /**
         * Calls verbs without arguments on one connection and returns their replies.
         *
         * @param deadline as of {@link System#nanoTime}
         * @throws IOException if it does not answer by then
         */
        List<Map<String, Object>> ask(long deadline, String... verbs) throws IOException, ControlException;
    }

    /** The nanokernel; null where only a router can be asked: within an OS. */
    @Nullable Daemon nanokernel();

    /** The routers that are or were there, by the name of their OS. */
    Map<String, Daemon> routers() throws IOException;
}
