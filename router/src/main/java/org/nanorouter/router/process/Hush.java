// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.process;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Silence, but for errors, in the log of a package and of those beneath it, until it is closed. */
public final class Hush implements AutoCloseable {
    /** Held, since a logger that nobody holds forgets its level. */
    private final Logger logger;
    private final @Nullable Level before;

    private Hush(Logger logger) {
        this.logger = logger;
        this.before = logger.getLevel();
        logger.setLevel(Level.SEVERE);
    }

    /** Begins. */
    public static Hush over(String packageName) {
        return new Hush(Logger.getLogger(packageName));
    }

    @Override
    public void close() {
        logger.setLevel(before);
    }
}
