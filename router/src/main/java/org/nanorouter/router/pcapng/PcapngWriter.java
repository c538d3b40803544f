// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.pcapng;

import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Writes one section of a pcapng file: first {@link #section}, then interfaces, then packets and journal entries. Each
 * call writes one whole block. Not for several threads at a time; the stream is the caller's to buffer, flush and
 * close.
 */
public final class PcapngWriter {
    /** Link type of Ethernet frames without FCS. */
    public static final int ETHERNET = 1;
    /** Longest packet that is announced and taken: Wireshark's limit. libpcap wants the same for every interface. */
    public static final int MAX_PACKET = 256 << 10;

    /** Of a packet that has none. */
    public static final long NO_ID = -1;

    private static final int FIRST_LENGTH = 4096;
    /** A packet of so many bytes is not put into the block, if what takes the block can take it in parts. */
    private static final int MIN_SPLIT = 1024;
    private static final int MAX_ASCII = 0x7F;
    private static final long NS_PER_US = 1000;

    private final OutputStream out;
    /** The block being put together, from its type on. */
    private ByteBuffer block = ByteBuffer.allocate(FIRST_LENGTH).order(ByteOrder.LITTLE_ENDIAN);
    private int interfaces;

    public PcapngWriter(OutputStream out) {
        this.out = out;
    }

    /**
     * Begins the file.
     *
     * @param application the program that writes it
     * @param comments    about the whole, each for itself; one that is too long for the format is cut
     */
    public void section(String application, List<String> comments) throws IOException {
        begin(PcapngDescriptor.SECTION_HEADER);
        room(2 * Long.BYTES).putInt(PcapngDescriptor.BYTE_ORDER_MAGIC)
                .putShort(PcapngDescriptor.MAJOR).putShort(PcapngDescriptor.MINOR)
                .putLong(PcapngDescriptor.LENGTH_UNKNOWN);
        option(PcapngDescriptor.APPLICATION, application);
        for (String comment : comments) {
            option(PcapngDescriptor.COMMENT, comment);
        }
        end();
    }

    /**
     * Describes an interface whose times are in nanoseconds.
     *
     * @param linkType a number of the registry of link types, such as {@link #ETHERNET}
     * @return its number, 0 for the first
     */
    public int addInterface(int linkType, String name, String description) throws IOException {
        return addInterface(linkType, name, description, MAX_PACKET, "");
    }

    /**
     * The same, of which packets are cut off and chosen.
     *
     * @param snapLength bytes of a packet at most
     * @param filter     in libpcap's language; empty: every packet
     */
    public int addInterface(int linkType, String name, String description, int snapLength, String filter)
            throws IOException {
        begin(PcapngDescriptor.INTERFACE);
        room(Long.BYTES).putShort((short) linkType).putShort((short) 0).putInt(snapLength);
        option(PcapngDescriptor.NAME, name);
        option(PcapngDescriptor.DESCRIPTION, description);
        if (!filter.isEmpty()) {
            option(PcapngDescriptor.FILTER, "\0" + filter);
        }
        option(PcapngDescriptor.TIME_RESOLUTION, new byte[] {PcapngDescriptor.NANOSECONDS});
        end();
        return interfaces++;
    }

    /**
     * Writes a packet.
     *
     * @param interfaceId number that {@link #addInterface} gave
     * @param time        nanoseconds since 1970
     * @param packet      holds the bytes at {@code offset}; its position does not matter
     * @param comment     null for none
     */
    public void packet(int interfaceId, long time, ByteBuffer packet, int offset, int length,
            @Nullable CharSequence comment) throws IOException {
        packet(interfaceId, time, packet, offset, length, length, Way.UNKNOWN, NO_ID, comment);
    }

    /** Which way a packet went through its interface. */
    public enum Way {
        UNKNOWN, IN, OUT
    }

    /**
     * Writes a packet, or its first bytes.
     *
     * @param captured bytes of it that are there
     * @param length   bytes of the whole
     * @param id       the same for all packets that are one; {@link #NO_ID}
     * @param comment  null for none
     */
    public void packet(int interfaceId, long time, ByteBuffer packet, int offset, int captured, int length, Way way,
            long id, @Nullable CharSequence comment) throws IOException {
        requireInterface(interfaceId);
        if (captured < 0 || captured > MAX_PACKET || length < captured) {
            throw new IllegalArgumentException("captured=" + captured + " of " + length + ", expected 0 to "
                    + MAX_PACKET);
        }
        begin(PcapngDescriptor.ENHANCED_PACKET);
        room(5 * Integer.BYTES).putInt(interfaceId).putInt((int) (time >>> Integer.SIZE)).putInt((int) time)
                .putInt(captured).putInt(length);
        // The bytes of a large packet are copied once.
        int split = out instanceof BlockFile && captured >= MIN_SPLIT ? captured : 0;
        int head = block.position();
        if (split == 0) {
            room(captured).put(head, packet, offset, captured);
            block.position(head + captured);
        }
        pad(captured);
        if (way != Way.UNKNOWN) {
            number(PcapngDescriptor.FLAGS, way.ordinal());
        }
        if (id != NO_ID) {
            number(PcapngDescriptor.PACKET_ID, id);
        }
        if (comment != null) {
            option(PcapngDescriptor.COMMENT, comment);
        }
        endOfOptions();
        int whole = trailer(split);
        if (split > 0 && out instanceof BlockFile file) {
            file.write(block.array(), head, whole - split, packet, offset, captured);
        } else {
            out.write(block.array(), 0, whole);
        }
    }

    /**
     * Says at the end what became of an interface's packets.
     *
     * @param time     nanoseconds since 1970
     * @param received packets that were to be written
     * @param dropped  those of them for which there was no room
     */
    public void statistics(int interfaceId, long time, long received, long dropped) throws IOException {
        requireInterface(interfaceId);
        begin(PcapngDescriptor.STATISTICS);
        room(3 * Integer.BYTES).putInt(interfaceId).putInt((int) (time >>> Integer.SIZE)).putInt((int) time);
        number(PcapngDescriptor.RECEIVED, received);
        number(PcapngDescriptor.DROPPED, dropped);
        end();
    }

    private void requireInterface(int interfaceId) {
        if (interfaceId < 0 || interfaceId >= interfaces) {
            throw new IllegalArgumentException("interfaceId=" + interfaceId + ", there are " + interfaces);
        }
    }

    /**
     * Writes an entry of systemd's journal, which Wireshark shows in a line of its own between the packets.
     *
     * @param time   nanoseconds since 1970; the format has microseconds
     * @param fields by name, as systemd.journal-fields(7) has them; values are of one line
     */
    public void journal(long time, Map<String, String> fields) throws IOException {
        StringBuilder entry = new StringBuilder("__REALTIME_TIMESTAMP=").append(Math.floorDiv(time, NS_PER_US))
                .append('\n');
        fields.forEach((name, value) -> {
            if (!name.matches("[A-Z][A-Z0-9_]{0,63}") || value.indexOf('\n') >= 0) {
                throw new IllegalArgumentException("field " + name + "=" + value + " is no field of one line");
            }
            entry.append(name).append('=').append(value).append('\n');
        });
        begin(PcapngDescriptor.JOURNAL_EXPORT);
        byte[] bytes = entry.toString().getBytes(StandardCharsets.UTF_8);
        room(bytes.length).put(bytes);
        pad(bytes.length);
        out.write(block.array(), 0, trailer(0));
    }

    private void begin(int type) {
        block.clear();
        block.putInt(type).putInt(0);
    }

    private void option(int code, CharSequence text) {
        int begin = room(PcapngDescriptor.OPTION_HEADER_LENGTH).position();
        if (text.length() <= PcapngDescriptor.MAX_OPTION_LENGTH) {
            room(PcapngDescriptor.OPTION_HEADER_LENGTH + text.length())
                    .putShort((short) code).putShort((short) text.length());
            if (putAscii(text)) {
                pad(text.length());
                return;
            }
            block.position(begin);
        }
        byte[] value = text.toString().getBytes(StandardCharsets.UTF_8);
        int length = Math.min(value.length, PcapngDescriptor.MAX_OPTION_LENGTH);
        if (length < value.length) {
            // Not in the middle of a character.
            while ((value[length] & 0xC0) == 0x80) {
                length--;
            }
        }
        option(code, Arrays.copyOf(value, length));
    }

    /** Comments of packets are: without an object for each. False: it is not ASCII, and some of it was put. */
    private boolean putAscii(CharSequence text) {
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            if (c > MAX_ASCII) {
                return false;
            }
            block.put((byte) c);
        }
        return true;
    }

    private void option(int code, byte[] value) {
        room(PcapngDescriptor.OPTION_HEADER_LENGTH + value.length)
                .putShort((short) code).putShort((short) value.length).put(value);
        pad(value.length);
    }

    private void number(int code, int value) {
        room(PcapngDescriptor.OPTION_HEADER_LENGTH + Integer.BYTES)
                .putShort((short) code).putShort((short) Integer.BYTES).putInt(value);
    }

    private void number(int code, long value) {
        room(PcapngDescriptor.OPTION_HEADER_LENGTH + Long.BYTES)
                .putShort((short) code).putShort((short) Long.BYTES).putLong(value);
    }

    /** Behind what has so many bytes. */
    private void pad(int length) {
        int count = PcapngDescriptor.padded(length) - length;
        room(count);
        for (int i = 0; i < count; i++) {
            block.put((byte) 0);
        }
    }

    private void end() throws IOException {
        endOfOptions();
        out.write(block.array(), 0, trailer(0));
    }

    private void endOfOptions() {
        room(PcapngDescriptor.OPTION_HEADER_LENGTH)
                .putShort((short) PcapngDescriptor.END_OF_OPTIONS).putShort((short) 0);
    }

    /** Ends the block, of which so many bytes lie elsewhere; the length of the whole. */
    private int trailer(int elsewhere) {
        int length = block.position() + elsewhere + PcapngDescriptor.BLOCK_TRAILER_LENGTH;
        room(PcapngDescriptor.BLOCK_TRAILER_LENGTH).putInt(length);
        block.putInt(Integer.BYTES, length);
        return length;
    }

    /** The block, with room for so many bytes more. */
    private ByteBuffer room(int bytes) {
        if (block.remaining() < bytes) {
            int length = Math.max(2 * block.capacity(), block.position() + bytes);
            block = ByteBuffer.allocate(length).order(ByteOrder.LITTLE_ENDIAN).put(block.flip());
        }
        return block;
    }
}
