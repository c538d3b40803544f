// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.journal;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.logging.ErrorManager;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogManager;
import java.util.logging.LogRecord;
import java.util.logging.SimpleFormatter;
import java.util.logging.StreamHandler;
import org.jspecify.annotations.Nullable;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.Poll;
import org.slf4j.MDC;

/** Sends log records to the journal, and to standard error as lines where that fails. For all threads. */
public final class JournalHandler extends Handler {
    private static final String SOCKET = "/run/systemd/journal/socket";
    private static final String STREAM_VARIABLE = "JOURNAL_STREAM";
    private static final String IDENTIFIER = "nanorouter";
    private static final int STANDARD_ERROR = 2;
    private static final String FIELD_PREFIX = "NANOROUTER_";
    /** Those of syslog(3). */
    private static final String ERROR = "3";
    private static final String WARNING = "4";
    private static final String INFORMATION = "6";
    private static final String DEBUG = "7";

    private final String path;
    private final Handler fallback;
    private final int fallbackDescriptor;
    private @Nullable JournalSocket socket;
    private boolean isUnusable;
    private long lost;

    /** For {@link LogManager}, whose property {@code .formatter} it takes: the journal of this machine. */
    public JournalHandler() {
        this(SOCKET, new StandardError(), STANDARD_ERROR);
        String formatter = LogManager.getLogManager().getProperty(JournalHandler.class.getName() + ".formatter");
        if (formatter != null) {
            try {
                setFormatter((Formatter) Class.forName(formatter).getDeclaredConstructor().newInstance());
            } catch (ReflectiveOperationException | ClassCastException e) {
                reportError("formatter " + formatter, e, ErrorManager.OPEN_FAILURE);
            }
        }
    }

    /**
     * Makes one for another place.
     *
     * @param path               of the journal's datagram socket
     * @param fallback           for records that the journal does not take
     * @param fallbackDescriptor that this handler writes to, which is looked at before
     */
    JournalHandler(String path, Handler fallback, int fallbackDescriptor) {
        this.path = path;
        this.fallback = fallback;
        this.fallbackDescriptor = fallbackDescriptor;
    }

    /** Whether the standard error of this process goes to the journal. */
    public static boolean isStandardErrorOurs() {
        String stream = System.getenv(STREAM_VARIABLE);
        return stream != null && isOurs(stream, Path.of("/proc/self/fd/" + STANDARD_ERROR));
    }

    /** Whether a file is the one of {@code DEVICE:INODE}: a child may have inherited the words, and not the file. */
    static boolean isOurs(String stream, Path file) {
        try {
            Map<String, Object> attributes = Files.readAttributes(file, "unix:dev,ino");
            return stream.equals(attributes.get("dev") + ":" + attributes.get("ino"));
        } catch (IOException | UnsupportedOperationException e) {
            return false;
        }
    }

    /** The lines of records that the journal does not take have this form. */
    @Override
    public synchronized void setFormatter(Formatter formatter) {
        super.setFormatter(formatter);
        fallback.setFormatter(formatter);
    }

    @Override
    public synchronized void publish(LogRecord event) {
        if (!isLoggable(event)) {
            return;
        }
        if (lost > 0 && send(lossEntry())) {
            lost = 0;
        }
        if (!send(entry(event))) {
            fallBack(event);
        }
    }

    private boolean send(JournalEntry entry) {
        if (isUnusable) {
            return false;
        }
        try {
            if (socket == null) {
                socket = new JournalSocket(path);
            }
            return socket.send(entry.bytes()) == 0;
        } catch (LinkageError | OutOfMemoryError e) {
            // Without the native library, or without memory for it, there is still the other way.
            isUnusable = e instanceof LinkageError;
            return false;
        }
    }

    private JournalEntry lossEntry() {
        return begin(WARNING, lost + " log records were lost: neither the journal nor standard error took them");
    }

    private static JournalEntry begin(String priority, String message) {
        return new JournalEntry().add("MESSAGE", message).add("PRIORITY", priority)
                .add("SYSLOG_IDENTIFIER", IDENTIFIER);
    }

    private static JournalEntry entry(LogRecord event) {
        JournalEntry entry = begin(priority(event.getLevel()), message(event));
        Map<String, String> fields = MDC.getCopyOfContextMap();
        if (fields != null) {
            fields.forEach((name, value) -> entry.add(FIELD_PREFIX + name, value));
        }
        if (event.getLoggerName() != null) {
            entry.add(FIELD_PREFIX + "LOGGER", event.getLoggerName());
        }
        return entry;
    }

    private static String message(LogRecord event) {
        String message = new SimpleFormatter().formatMessage(event);
        if (event.getThrown() == null) {
            return message;
        }
        StringWriter trace = new StringWriter();
        event.getThrown().printStackTrace(new PrintWriter(trace, true));
        return message + "\n" + trace.toString().stripTrailing();
    }

    private static String priority(Level level) {
        if (level.intValue() >= Level.SEVERE.intValue()) {
            return ERROR;
        } else if (level.intValue() >= Level.WARNING.intValue()) {
            return WARNING;
        }
        return level.intValue() >= Level.INFO.intValue() ? INFORMATION : DEBUG;
    }

    /** A line that would wait, as when the journal's process is stopped, is lost. */
    private void fallBack(LogRecord event) {
        if (isUnusable || isWritable(fallbackDescriptor)) {
            fallback.publish(event);
            fallback.flush();
        } else {
            lost++;
        }
    }

    private static boolean isWritable(int descriptor) {
        try (NativeBuffer entry = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            ByteBuffer bytes = entry.buffer();
            bytes.putInt(Poll.FD_OFFSET, descriptor);
            bytes.putShort(Poll.EVENTS_OFFSET, Poll.OUT);
            return Poll.poll(entry.address(), 1, 0) > 0
                    && (bytes.getShort(Poll.RETURNED_EVENTS_OFFSET) & Poll.OUT) != 0;
        }
    }

    @Override
    public synchronized void flush() {
        fallback.flush();
    }

    @Override
    public synchronized void close() {
        if (socket != null) {
            socket.close();
        }
        fallback.flush();
    }

    /** Lines on standard error, which stays open. */
    private static final class StandardError extends StreamHandler {
        StandardError() {
            super(System.err, new SimpleFormatter());
        }

        @Override
        public synchronized void close() {
            flush();
        }
    }
}
