// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.logging.LogManager;
import org.nanorouter.nanokernel.journal.JournalHandler;

/**
 * Sets the log up: to standard error, a {@link LogLine} an event, or to the journal if standard error is the journal's.
 * {@link LogManager} makes one when the first logger is asked for, so that a command that logs nothing pays nothing.
 */
public final class LogSetup {
    private static final String BY_CLASS = "java.util.logging.config.class";
    private static final String BY_FILE = "java.util.logging.config.file";
    private static final String CONSOLE = "java.util.logging.ConsoleHandler";

    /** For {@link LogManager}. */
    public LogSetup() throws IOException {
        String handler = CONSOLE;
        if (JournalHandler.isStandardErrorOurs()) {
            handler = JournalHandler.class.getName();
        }
        // Of its own affairs pcap4j tells too much.
        String properties = "handlers = " + handler + "\n" + handler + ".formatter = " + LogLine.class.getName() + "\n"
                + "org.pcap4j.level = WARNING\n";
        LogManager.getLogManager().readConfiguration(
                new ByteArrayInputStream(properties.getBytes(StandardCharsets.UTF_8)));
    }

    /** Has the log set up like this, unless the user has said how. */
    static void offer() {
        if (System.getProperty(BY_CLASS) == null && System.getProperty(BY_FILE) == null) {
            System.setProperty(BY_CLASS, LogSetup.class.getName());
        }
    }
}
