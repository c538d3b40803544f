// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * The Internet checksum (RFC 1071), its incremental update (RFC 1624) and the pseudo-headers (RFC 9293 section 3.1,
 * RFC 768, RFC 8200 section 8.1).
 *
 * <p>A <em>sum</em> is a folded 16-bit one's complement sum of 16-bit words in network order. Sums add; a part that is
 * not the last must have an even length. A <em>checksum</em> is the complement of a sum.
 */
public final class Checksum {

    /** Words may be added in any byte order and the sum swapped at the end (RFC 1071 section 2B). */
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle INT = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);
    private static final VarHandle SHORT = MethodHandles.byteBufferViewVarHandle(short[].class,
            ByteOrder.LITTLE_ENDIAN);
    private static final long LOW = 0xFFFF_FFFFL;
    private static final int STRIDE = 32;

    private Checksum() {
    }

    /** The sum of bytes; an odd last byte counts as the high half of a word. */
    public static int sum(ByteBuffer buffer, int offset, int length) {
        long even = 0;
        long odd = 0;
        int index = offset;
        int end = offset + length;
        // Halves of 32 bits are added in 64, so that no carry is lost: 2^32 additions fit.
        for (int last = end - STRIDE; index <= last; index += STRIDE) {
            long a = (long) LONG.get(buffer, index);
            long b = (long) LONG.get(buffer, index + 8);
            long c = (long) LONG.get(buffer, index + 16);
            long d = (long) LONG.get(buffer, index + 24);
            even += (a & LOW) + (b & LOW) + (c & LOW) + (d & LOW);
            odd += (a >>> 32) + (b >>> 32) + (c >>> 32) + (d >>> 32);
        }
        for (int last = end - 4; index <= last; index += 4) {
            even += (int) INT.get(buffer, index) & LOW;
        }
        if (index <= end - 2) {
            even += (short) SHORT.get(buffer, index) & 0xFFFF;
            index += 2;
        }
        if (index < end) {
            even += buffer.get(index) & 0xFF;
        }
        int folded = fold(even + odd);
        return (folded & 0xFF) << 8 | folded >>> 8;
    }

    /** Folds carries until 16 bits are left. */
    public static int fold(long sum) {
        long value = (sum & LOW) + (sum >>> 32);
        value = (value & 0xFFFF) + (value >>> 16);
        value = (value & 0xFFFF) + (value >>> 16);
        value = (value & 0xFFFF) + (value >>> 16);
        return (int) value;
    }

    /** The checksum of a sum. */
    public static int complement(int sum) {
        return ~sum & 0xFFFF;
    }

    /** The checksum of a sum, in the form that is never 0: to UDP, 0 says that there is none (RFC 768). */
    public static int complementNotZero(int sum) {
        int checksum = complement(sum);
        return checksum == 0 ? 0xFFFF : checksum;
    }

    /** A checksum after one 16-bit word under it changed (RFC 1624, equation 3). */
    public static int update(int checksum, int oldWord, int newWord) {
        return complement(fold((long) complement(checksum) + complement(oldWord) + newWord));
    }

    /** A sum without a number that was added to it. */
    public static int subtract(int sum, int value) {
        return fold((long) sum + complement(fold(value)));
    }

    /**
     * The sum of the pseudo-header of IPv4 or IPv6; both add up the same words.
     *
     * @param headerIndex of the IP header in the buffer
     * @param version 4 or 6
     * @param length of the transport header and what follows it
     */
    public static int pseudoHeader(ByteBuffer buffer, int headerIndex, int version,
            int protocol, int length) {
        int addresses = version == 4
                ? sum(buffer, headerIndex + InternetHeader.IPV4_ADDRESSES, InternetHeader.IPV4_ADDRESSES_LENGTH)
                : sum(buffer, headerIndex + InternetHeader.IPV6_ADDRESSES, InternetHeader.IPV6_ADDRESSES_LENGTH);
        return fold((long) addresses + protocol + length);
    }
}
