// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.cli;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.time.ZoneId;
import java.time.ZonedDateTime;
import java.util.logging.Formatter;
import java.util.logging.LogRecord;

/**
 * One line of the log an event: time, level, message, and the stack trace if there is one. It is not a pattern of
 * Java's own formatter, whose first line costs a daemon's start 40 ms, most of them for a text that it never shows.
 */
public final class LogLine extends Formatter {
    @Override
    public String format(LogRecord event) {
        StringWriter trace = new StringWriter();
        if (event.getThrown() != null) {
            trace.append(System.lineSeparator());
            event.getThrown().printStackTrace(new PrintWriter(trace, true));
        }
        ZonedDateTime time = ZonedDateTime.ofInstant(event.getInstant(), ZoneId.systemDefault());
        return String.format("%1$tF %1$tT.%1$tL %2$s %3$s%4$s%n", time, event.getLevel().getName(),
                formatMessage(event), trace);
    }
}
