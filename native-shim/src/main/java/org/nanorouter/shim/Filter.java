// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import java.nio.charset.StandardCharsets;

/** Capture filters in libpcap's language, for Ethernet frames; a compiled one is a program of bytes. */
public final class Filter {
    /** Bytes of an instruction. */
    public static final int INSTRUCTION_LENGTH = 8;
    /** Bytes of a program at most. */
    public static final int MAX_PROGRAM = 4096 * INSTRUCTION_LENGTH;

    private static final int MAX_MESSAGE = 512;

    static {
        Shim.bind(Filter.class, "nks_filter_");
    }

    private Filter() {
    }

    /**
     * Compiles a filter.
     *
     * @throws IllegalArgumentException with libpcap's message, if it is none
     * @throws ShimException if libpcap is not installed
     */
    public static byte[] compile(String text) throws ShimException {
        try (NativeBuffer words = NativeBuffer.of(text); NativeBuffer program = NativeBuffer.allocate(MAX_PROGRAM);
            NativeBuffer error = NativeBuffer.allocate(MAX_MESSAGE)) {
            int length = compile(words.address(), program.address(), MAX_PROGRAM, error.address(), MAX_MESSAGE);
            if (length == -Errno.EINVAL) {
                throw new IllegalArgumentException(text(error));
            } else if (length == -Errno.ENOSYS) {
                throw new ShimException(Errno.ENOSYS, "libpcap is not installed (Debian: libpcap0.8)");
            }
            byte[] bytes = new byte[Errno.check(length, "compile a capture filter")];
            program.buffer().get(bytes);
            return bytes;
        }
    }

    private static String text(NativeBuffer memory) {
        byte[] bytes = new byte[MAX_MESSAGE];
        memory.buffer().get(bytes);
        int end = 0;
        while (end < bytes.length && bytes[end] != 0) {
            end++;
        }
        return new String(bytes, 0, end, StandardCharsets.UTF_8);
    }

    /** Whether a program may be run: 0, -EINVAL, or -ENOSYS if libpcap is not installed. */
    public static native int check(long program, int length);

    /**
     * Runs a checked program on frames.
     *
     * @param base    address
     * @param table   of {@code n} pairs of ints: offset from {@code base}, length
     * @param results {@code n} bytes: 1 for a match, else 0
     * @return how many match
     */
    public static native int match(long program, long base, long table, int n, long results);

    private static native int compile(long text, long program, int capacity, long error, int errorLength);
}
