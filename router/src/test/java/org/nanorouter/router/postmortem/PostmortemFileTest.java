// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.postmortem;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.nanorouter.nanokernel.abi.RecordDescriptor;
import org.nanorouter.nanokernel.postmortem.Postmortem;
import org.nanorouter.nanokernel.postmortem.RingImage;

/** Which blocks come in which order, and what they say. */
class PostmortemFileTest {
    private static final int CAPACITY = 256 << 10;
    private static final long OFFSET = 1_795_574_327_000_000_000L;

    private final ByteBuffer ring = ByteBuffer.allocate(CAPACITY).order(ByteOrder.LITTLE_ENDIAN);
    private int tail;
    private long sequence;

    private void add(int type, long at, int length, int flags, int gsoType, int gsoSize) {
        ring.putInt(tail, length).putInt(tail + 4, type).putLong(tail + 8, sequence++).putLong(tail + 16, at);
        ring.put(tail + 24, (byte) flags).put(tail + 25, (byte) gsoType).putShort(tail + 28, (short) gsoSize);
        tail += RecordDescriptor.span(length);
    }

    private RingImage image(long head) {
        ByteBuffer bytes = ByteBuffer.allocate(tail).order(ByteOrder.LITTLE_ENDIAN).put(0, ring, 0, tail);
        return new RingImage("guest", "host", CAPACITY, tail, head, sequence, sequence, 0, 1000, bytes);
    }

    /** Each block's type and its text, as far as it is text. */
    private static List<String> blocks(Postmortem postmortem) throws IOException {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        new PostmortemFile(postmortem).write(out);
        ByteBuffer file = ByteBuffer.wrap(out.toByteArray()).order(ByteOrder.LITTLE_ENDIAN);
        List<String> blocks = new ArrayList<>();
        for (int at = 0; at < file.capacity(); at += file.getInt(at + 4)) {
            byte[] body = new byte[file.getInt(at + 4) - 12];
            file.get(at + 8, body);
            blocks.add(file.getInt(at) + " " + new String(body, StandardCharsets.ISO_8859_1).replaceAll("\0", ""));
        }
        return blocks;
    }

    @Test
    void framesAndEventsComeInTheOrderOfTheirTimes() throws IOException {
        add(RecordDescriptor.TYPE_ETHERNET, 100, 60, 0, 0, 0);
        long head = tail;
        add(RecordDescriptor.TYPE_ETHERNET, 300, 3000, 1, 1, 1448);
        add(RecordDescriptor.TYPE_MESSAGE, 400, 2, 0, 0, 0);
        Postmortem postmortem = new Postmortem("guest", 3, "panic", "panic 7: oh\u0007", 50, 500, 250, OFFSET,
                new Postmortem.Panic(7, 450, "oh"), List.of(new Postmortem.Event(200, "it\nslows")),
                List.of(image(head)));
        List<String> blocks = blocks(postmortem);
        assertThat(blocks).satisfiesExactly(
                section -> assertThat(section).contains("OS guest, epoch 3, failed at 2026-11-25T", "panic 7: oh?",
                        "panic code 7, text: oh"),
                direction -> assertThat(direction).startsWith("1 ").contains("guest>host", "3 records", "2 of them"),
                frame -> assertThat(frame).startsWith("6 ").contains("sequence 0, delivered"),
                event -> assertThat(event).startsWith("9 ").contains("MESSAGE=guest: it?slows\n"),
                beat -> assertThat(beat).startsWith("9 ").contains("last heartbeat"),
                frame -> assertThat(frame).startsWith("6 ").contains("sequence 1, still waiting, large segment of "
                        + "pieces of 1448 bytes, checksum not filled in"),
                message -> assertThat(message).startsWith("9 ").contains("message of 2 bytes, sequence 2",
                        "NANOROUTER_PAYLOAD=0000\n"),
                panic -> assertThat(panic).startsWith("9 ").contains("panic record: code 7, text: oh"));
    }

    @Test
    void withoutAnyRecordItIsAFileNevertheless() throws IOException {
        Postmortem postmortem = new Postmortem("guest", 1, "exit", "its init ended with 0", 50, 500, 0, OFFSET, null,
                List.of(), List.of(image(0)));
        assertThat(blocks(postmortem)).hasSize(2);
    }
}
