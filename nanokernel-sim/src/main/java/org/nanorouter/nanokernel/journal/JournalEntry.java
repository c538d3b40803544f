// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.journal;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;

/** One entry of the journal in its native protocol; the package has its form. */
final class JournalEntry {
    private static final int MAX_NAME = 64;

    private final ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);

    /**
     * Adds a field.
     *
     * @param name what is not a letter, a digit or an underscore in it becomes an underscore
     */
    JournalEntry add(String name, String value) {
        byte[] text = value.getBytes(StandardCharsets.UTF_8);
        bytes.writeBytes(fieldName(name));
        if (value.indexOf('\n') < 0) {
            bytes.write('=');
        } else {
            bytes.write('\n');
            bytes.writeBytes(ByteBuffer.allocate(Long.BYTES).order(ByteOrder.LITTLE_ENDIAN).putLong(text.length)
                    .array());
        }
        bytes.writeBytes(text);
        bytes.write('\n');
        return this;
    }

    private static byte[] fieldName(String name) {
        byte[] ascii = new byte[Math.min(name.length(), MAX_NAME)];
        for (int i = 0; i < ascii.length; i++) {
            char c = name.charAt(i);
            if (c >= 'a' && c <= 'z') {
                ascii[i] = (byte) (c - 'a' + 'A');
            } else {
                ascii[i] = (byte) (c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' ? c : '_');
            }
        }
        return ascii;
    }

    byte[] bytes() {
        return bytes.toByteArray();
    }
}
