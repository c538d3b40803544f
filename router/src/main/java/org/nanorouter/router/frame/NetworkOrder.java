// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Numbers in network byte order at any alignment, whatever order the buffer itself is set to.
 */
public final class NetworkOrder {

    private static final VarHandle SHORT = MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);

    private NetworkOrder() {
    }

    /** The unsigned byte at an index. */
    public static int u8(ByteBuffer buffer, int index) {
        return buffer.get(index) & 0xFF;
    }

    /** The unsigned 16-bit number at an index. */
    public static int u16(ByteBuffer buffer, int index) {
        return (short) SHORT.get(buffer, index) & 0xFFFF;
    }

    /** The 32-bit number at an index, as its bit pattern. */
    public static int i32(ByteBuffer buffer, int index) {
        return (int) INT.get(buffer, index);
    }

    /** The unsigned 48-bit number at an index: an Ethernet address. */
    public static long u48(ByteBuffer buffer, int index) {
        return (long) u16(buffer, index) << 32 | i32(buffer, index + 2) & 0xFFFF_FFFFL;
    }

    /** Writes the low 16 bits of a number. */
    public static void put16(ByteBuffer buffer, int index, int value) {
        SHORT.set(buffer, index, (short) value);
    }

    /** Writes a 32-bit number. */
    public static void put32(ByteBuffer buffer, int index, int value) {
        INT.set(buffer, index, value);
    }

    /** Writes the low 48 bits of a number. */
    public static void put48(ByteBuffer buffer, int index, long value) {
        put16(buffer, index, (int) (value >>> 32));
        put32(buffer, index + 2, (int) value);
    }
}
