// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.process;

import java.util.logging.Level;
import java.util.logging.Logger;
import org.jspecify.annotations.Nullable;

/** Silence in the log of a package and of those beneath it, but for what weighs enough, until it is closed. */
public final class Hush implements AutoCloseable {
    /** Held, since a logger that nobody holds forgets its level. */
    private final Logger logger;
    private final @Nullable Level before;

    private Hush(Logger logger, Level least) {
        this.logger = logger;
        this.before = logger.getLevel();
        logger.setLevel(least);
    }

    /**
     * Begins.
     *
     * @param least the least level that is still logged
     */
    public static Hush over(String packageName, Level least) {
        return new Hush(Logger.getLogger(packageName), least);
    }

    @Override
    public void close() {
        logger.setLevel(before);
    }
}
