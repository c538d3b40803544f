// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.journal;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.logging.Formatter;
import java.util.logging.Handler;
import java.util.logging.Level;
import java.util.logging.LogRecord;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.nanorouter.shim.Errno;
import org.nanorouter.shim.Fd;
import org.nanorouter.shim.MappedMemory;
import org.nanorouter.shim.MemoryObject;
import org.nanorouter.shim.NativeBuffer;
import org.nanorouter.shim.ShimException;
import org.nanorouter.shim.UnixSocket;

/** A datagram socket stands for the journal's. */
@Timeout(30)
class JournalHandlerTest {
    private static final int CAPACITY = 1 << 16;
    private static final int FD_OFFSET = CAPACITY;
    private static final int COUNT_OFFSET = FD_OFFSET + Integer.BYTES;
    private static final int NO_DESCRIPTOR = -1;
    /** More than any socket holds. */
    private static final int RECORDS = 600;

    @TempDir
    private Path directory;
    private final List<String> lines = new ArrayList<>();
    private final NativeBuffer memory = NativeBuffer.allocate(COUNT_OFFSET + Integer.BYTES);
    private Path path;
    private int journal;
    private JournalHandler handler;

    @BeforeEach
    void bind() throws ShimException {
        path = directory.resolve("socket");
        journal = bound();
        handler = new JournalHandler(path.toString(), new Lines(), 1);
        handler.setFormatter(new Text());
    }

    private int bound() throws ShimException {
        return Errno.check(UnixSocket.datagramBind(path.toString(), 0600), "bind");
    }

    @AfterEach
    void close() {
        handler.close();
        Fd.close(journal);
        memory.close();
    }

    /** Where lines go that the journal does not take. */
    private final class Lines extends Handler {
        @Override
        public void publish(LogRecord event) {
            lines.add(getFormatter().format(event));
        }

        @Override
        public void flush() {
            // Nothing is held back.
        }

        @Override
        public void close() {
            // Nothing is open.
        }
    }

    private static final class Text extends Formatter {
        @Override
        public String format(LogRecord event) {
            return formatMessage(event);
        }
    }

    private void log(Level level, String message) {
        LogRecord event = new LogRecord(level, message);
        event.setLoggerName("a.Logger");
        handler.publish(event);
    }

    /** The fields of the next entry, as the journal reads them. */
    private Map<String, String> next() throws IOException {
        int length = receive();
        if (length == 0) {
            int object = memory.buffer().getInt(FD_OFFSET);
            long size = Files.size(Path.of("/proc/self/fd/" + object));
            MemoryObject.check(object, size);
            try (MappedMemory mapped = MemoryObject.map(object, size, false, 0)) {
                return fields(mapped.buffer());
            } finally {
                Fd.close(object);
            }
        }
        return fields(memory.buffer().limit(length));
    }

    private int receive() throws ShimException {
        memory.buffer().putInt(FD_OFFSET, NO_DESCRIPTOR);
        return Errno.check(UnixSocket.receiveWithFds(journal, memory.address(), CAPACITY, memory.address() + FD_OFFSET,
                1, memory.address() + COUNT_OFFSET), "receive");
    }

    private static Map<String, String> fields(ByteBuffer entry) {
        ByteBuffer bytes = entry.order(ByteOrder.LITTLE_ENDIAN);
        Map<String, String> fields = new LinkedHashMap<>();
        while (bytes.hasRemaining()) {
            StringBuilder name = new StringBuilder();
            byte end = bytes.get();
            while (end != '=' && end != '\n') {
                name.append((char) end);
                end = bytes.get();
            }
            ByteArrayOutputStream value = new ByteArrayOutputStream();
            if (end == '\n') {
                byte[] text = new byte[(int) bytes.getLong()];
                bytes.get(text);
                value.writeBytes(text);
                assertThat(bytes.get()).isEqualTo((byte) '\n');
            } else {
                for (byte next = bytes.get(); next != '\n'; next = bytes.get()) {
                    value.write(next);
                }
            }
            fields.put(name.toString(), value.toString(StandardCharsets.UTF_8));
        }
        return fields;
    }

    @Test
    void aRecordIsAnEntryWithItsFields() throws IOException {
        LogFields.with(() -> log(Level.WARNING, "guest: panicked: why"), LogFields.OS, "guest", LogFields.EPOCH, "7",
                LogFields.STATE, "panicked", LogFields.REASON, "why", LogFields.PORT, null);
        log(Level.INFO, "ready");
        assertThat(next()).containsOnly(
                Map.entry("MESSAGE", "guest: panicked: why"), Map.entry("PRIORITY", "4"),
                Map.entry("SYSLOG_IDENTIFIER", "nanorouter"), Map.entry("NANOROUTER_OS", "guest"),
                Map.entry("NANOROUTER_REASON", "why"), Map.entry("NANOROUTER_STATE", "panicked"),
                Map.entry("NANOROUTER_EPOCH", "7"), Map.entry("NANOROUTER_LOGGER", "a.Logger"));
        assertThat(next()).containsEntry("PRIORITY", "6").doesNotContainKey("NANOROUTER_OS");
        assertThat(lines).isEmpty();
    }

    @Test
    void whatHasSeveralLinesIsOneField() throws IOException {
        LogFields.with(() -> log(Level.SEVERE, "one\nPRIORITY=0\n\nfour\u00e4"), LogFields.REASON, "a\nb");
        assertThat(next()).containsEntry("MESSAGE", "one\nPRIORITY=0\n\nfour\u00e4").containsEntry("PRIORITY", "3")
                .containsEntry("NANOROUTER_REASON", "a\nb");
    }

    @Test
    void aStackTraceIsPartOfTheMessage() throws IOException {
        LogRecord event = new LogRecord(Level.SEVERE, "failed");
        event.setThrown(new IllegalStateException("why"));
        handler.publish(event);
        assertThat(next().get("MESSAGE"))
                .startsWith("failed\njava.lang.IllegalStateException: why\n\tat " + getClass().getName());
    }

    @Test
    void whatIsTooLongForADatagramGoesInSealedMemory() throws IOException {
        String message = "x".repeat(1 << 20);
        log(Level.INFO, message);
        log(Level.INFO, "next");
        assertThat(next().get("MESSAGE")).isEqualTo(message);
        assertThat(next()).containsEntry("MESSAGE", "next");
        assertThat(lines).isEmpty();
    }

    @Test
    void whileTheJournalIsGoneRecordsAreLinesAndTheNextJournalGetsThemAgain() throws IOException {
        log(Level.INFO, "before");
        Fd.close(journal);
        Files.delete(path);
        log(Level.INFO, "meanwhile");
        assertThat(lines).containsExactly("meanwhile");
        journal = bound();
        log(Level.INFO, "after");
        assertThat(next()).containsEntry("MESSAGE", "after");
        assertThat(lines).hasSize(1);
    }

    @Test
    void aJournalThatReadsNothingIsNotWaitedForAndWhatNobodyTakesIsCounted() throws Exception {
        try (NativeBuffer pair = NativeBuffer.allocate(2L * Integer.BYTES)) {
            Errno.check(UnixSocket.seqPacketPair(pair.address()), "pair");
            int standardError = pair.buffer().getInt(0);
            fill(standardError);
            handler = new JournalHandler(path.toString(), new Lines(), standardError);
            for (int i = 0; i < RECORDS; i++) {
                log(Level.INFO, "record " + i);
            }
            int taken = 0;
            while (taken < RECORDS && isNext("record " + taken)) {
                taken++;
            }
            log(Level.INFO, "after");
            assertThat(next().get("MESSAGE")).startsWith(RECORDS - taken + " log records were lost");
            assertThat(next()).containsEntry("MESSAGE", "after");
            assertThat(lines).isEmpty();
            Fd.close(standardError);
            Fd.close(pair.buffer().getInt(Integer.BYTES));
        }
    }

    private boolean isNext(String message) throws IOException {
        try {
            return message.equals(next().get("MESSAGE"));
        } catch (ShimException e) {
            assertThat(e.errno()).isEqualTo(Errno.EAGAIN);
            return false;
        }
    }

    private void fill(int socket) {
        while (UnixSocket.sendWithFds(socket, memory.address(), CAPACITY, 0, 0) > 0) {
            assertThat(socket).isNotNegative();
        }
        while (UnixSocket.sendWithFds(socket, memory.address(), 1, 0, 0) > 0) {
            assertThat(socket).isNotNegative();
        }
    }

    @Test
    void onlyTheFileOfTheJournalIsTheJournals() throws IOException {
        Map<String, Object> attributes = Files.readAttributes(path, "unix:dev,ino");
        String stream = attributes.get("dev") + ":" + attributes.get("ino");
        assertThat(JournalHandler.isOurs(stream, path)).isTrue();
        assertThat(JournalHandler.isOurs(stream, directory)).isFalse();
        assertThat(JournalHandler.isOurs(stream, directory.resolve("nothing"))).isFalse();
        assertThat(JournalHandler.isOurs("", path)).isFalse();
    }
}
