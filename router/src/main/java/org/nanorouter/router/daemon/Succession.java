// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import org.nanorouter.router.config.PortConfig.TapConfig;
import org.nanorouter.router.port.Port;

/** What the routers before and after this one have to do with its ports. On the data loop. */
interface Succession {
    /** No router came before, and none is to come after. */
    Succession NONE = new Succession() {
        @Override
        public int inherit(TapConfig tap) {
            return -1;
        }

        @Override
        public void opened(TapConfig tap, int descriptor) {
            // Nobody stands by.
        }

        @Override
        public void closing(TapConfig tap) {
            // Nobody stands by.
        }

        @Override
        public void inService(Port port) {
            // Nothing was learned before.
        }
    };

    /** The descriptor of a TAP that the router before this one had open, now the caller's; -1 if there is none. */
    int inherit(TapConfig tap);

    /** A TAP is open; its descriptor stays the port's. */
    void opened(TapConfig tap, int descriptor);

    /** A TAP is about to be closed while this router goes on. */
    void closing(TapConfig tap);

    /** A port was taken into service, and what is pinned to it is pinned. */
    void inService(Port port);
}
