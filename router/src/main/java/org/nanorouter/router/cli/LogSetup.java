// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.LogManager;

/**
 * Sets the log up: to standard error, a {@link LogLine} an event. {@link LogManager} makes one when the first logger is
 * asked for, so that a command that logs nothing pays nothing.
 */
public final class LogSetup {
    private static final String BY_CLASS = "java.util.logging.config.class";
    private static final String BY_FILE = "java.util.logging.config.file";
    private static final String PROPERTIES = """
            handlers = java.util.logging.ConsoleHandler
            java.util.logging.ConsoleHandler.formatter = %s
            """.formatted(LogLine.class.getName());

    /** For {@link LogManager}. */
    public LogSetup() throws IOException {
        LogManager.getLogManager().readConfiguration(
                new ByteArrayInputStream(PROPERTIES.getBytes(StandardCharsets.UTF_8)));
    }

    /** Has the log set up like this, unless the user has said how. */
    static void offer() {
        if (System.getProperty(BY_CLASS) == null && System.getProperty(BY_FILE) == null) {
            System.setProperty(BY_CLASS, LogSetup.class.getName());
        }
    }
}
