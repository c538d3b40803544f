// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.daemon;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.zip.CRC32;
import org.nanorouter.router.frame.EthernetFrame;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The file beside the control socket with what the bridge has learned, for the router that comes after this one.
 *
 * <pre>
 * nanorouter-fdb 1 BOOT-ID
 * ADDRESS VLAN SEEN PORT       one line an entry; SEEN: milliseconds of CLOCK_MONOTONIC
 * crc CRC-32                   of all before, eight hexadecimal digits
 * </pre>
 *
 * <p>A file of another boot of the machine, of another format, or damaged, is as good as none. Mode 0600; a new one
 * takes the old one's place in one step.
 */
final class FdbFile {
    /** Entries that are written at most; the rest is learned anew. */
    static final int MAX_ENTRIES = 16_384;

    private static final Logger LOG = LoggerFactory.getLogger(FdbFile.class);
    private static final String SUFFIX = ".fdb";
    private static final String HEAD = "nanorouter-fdb 1 ";
    private static final String CRC = "crc ";
    private static final int MAX_LINE = 96;
    private static final Path BOOT_ID = Path.of("/proc/sys/kernel/random/boot_id");

    private final Path file;

    private FdbFile(Path file) {
        this.file = file;
    }

    /** The file of the routers with this control socket. */
    static FdbFile beside(Path controlSocket) {
        return new FdbFile(controlSocket.resolveSibling(controlSocket.getFileName() + SUFFIX));
    }

    /**
     * One learned entry.
     *
     * @param address as in {@link EthernetFrame}
     * @param seenMs when a frame last came from it, {@code System.nanoTime()} in milliseconds
     */
    record Entry(long address, int vlan, long seenMs, String port) {
    }

    Path path() {
        return file;
    }

    /** Replaces the file. */
    void write(List<Entry> entries) throws IOException {
        StringBuilder text = new StringBuilder(HEAD).append(bootId()).append('\n');
        for (Entry entry : entries) {
            text.append(EthernetFrame.format(entry.address)).append(' ').append(entry.vlan).append(' ')
                .append(entry.seenMs).append(' ').append(entry.port).append('\n');
        }
        String crc = crc(text.toString());
        text.append(CRC).append(crc).append('\n');
        Path next = file.resolveSibling(file.getFileName() + ".new");
        Files.deleteIfExists(next);
        try (var channel = Files.newByteChannel(next, Set.of(StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE),
                PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rw-------")))) {
            channel.write(StandardCharsets.UTF_8.encode(text.toString()));
        }
        Files.move(next, file, StandardCopyOption.ATOMIC_MOVE);
    }

    /** What the file says; nothing, and a warning, if it is not to be trusted. */
    List<Entry> read(long nowMs) {
        try {
            if (Files.size(file) > (long) MAX_ENTRIES * MAX_LINE) {
                throw new IOException("it is too long");
            }
            return parse(Files.readString(file), nowMs);
        } catch (NoSuchFileException e) {
            return List.of();
        } catch (IOException | RuntimeException e) {
            LOG.warn("{} is ignored, addresses are learned anew: {}", file, e.getMessage());
            return List.of();
        }
    }

    private static List<Entry> parse(String text, long nowMs) throws IOException {
        int end = text.lastIndexOf(CRC);
        if (!text.startsWith(HEAD) || end < 0) {
            throw new IOException("it is no such file");
        } else if (!text.substring(end).equals(CRC + crc(text.substring(0, end)) + "\n")) {
            throw new IOException("it is damaged");
        }
        String[] lines = text.substring(0, end).split("\n");
        if (!lines[0].equals(HEAD + bootId())) {
            return List.of();
        }
        List<Entry> entries = new ArrayList<>();
        for (int i = 1; i < lines.length; i++) {
            String[] words = lines[i].split(" ");
            Entry entry = new Entry(EthernetFrame.parseAddress(words[0]), Integer.parseInt(words[1]),
                Long.parseLong(words[2]), words[3]);
            if (entry.seenMs > nowMs || entry.vlan < 0 || entry.vlan > 0xFFF || EthernetFrame.isGroup(entry.address)) {
                throw new IOException("line " + (i + 1) + " says what cannot be");
            }
            entries.add(entry);
        }
        return entries;
    }

    private static String bootId() throws IOException {
        return Files.readString(BOOT_ID).strip();
    }

    private static String crc(String text) {
        CRC32 crc = new CRC32();
        crc.update(text.getBytes(StandardCharsets.UTF_8));
        return String.format("%08x", crc.getValue());
    }
}
