// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.nanokernel.abi;

/**
 * The cursor block that an OS keeps for one peer, in its own region; C twin {@code struct nk_cursors}.
 *
 * <pre>
 *   0        8        16        24      28      32     128      136      144      152      160    256
 *   +--------+--------+---------+-------+-------+- - - +--------+--------+--------+--------+- - - +
 *   | tail   | next   | space   | peer  | times |      | head   | wake   | taken  | taken  |      |
 *   |        | seq    | wake at | epoch | wanted|      |        | at     | at     |        |      |
 *   +--------+--------+---------+-------+-------+- - - +--------+--------+--------+--------+- - - +
 *    as producer of the ring to the peer                as consumer of the ring from it
 * </pre>
 */
public final class CursorDescriptor {

    /** Bytes between the producer's words and the consumer's: two cache lines, for the adjacent-line prefetcher. */
    public static final int SEPARATION = 2 * 64;

    /** Release by the producer; partner: the consumer's acquire load. */
    public static final int TAIL_OFFSET = 0;

    /** Plain, written before the tail; read by the OS's own next endpoint. */
    public static final int NEXT_SEQUENCE_OFFSET = TAIL_OFFSET + Long.BYTES;

    /** Release by the producer that waits for space; partner: the consumer's load behind its full fence. */
    public static final int SPACE_WAKE_AT_OFFSET = NEXT_SEQUENCE_OFFSET + Long.BYTES;

    /** Release by the block's owner once the block is zeroed; partner: the peer's acquire load before it joins. */
    public static final int PEER_EPOCH_OFFSET = SPACE_WAKE_AT_OFFSET + Long.BYTES;

    /** 1 while the producer wants to know when records are taken; plain: sooner or later it is seen. */
    public static final int TIMES_WANTED_OFFSET = PEER_EPOCH_OFFSET + Integer.BYTES;

    /** Release by the consumer; partner: the producer's acquire load. */
    public static final int HEAD_OFFSET = TAIL_OFFSET + SEPARATION;

    /** Release by the consumer that goes to sleep; partner: the producer's load behind its full fence. */
    public static final int WAKE_AT_OFFSET = HEAD_OFFSET + Long.BYTES;

    /** Plain, written before {@link #TAKEN_OFFSET}: {@code CLOCK_MONOTONIC} in ns when the head had come there. */
    public static final int TAKEN_AT_OFFSET = WAKE_AT_OFFSET + Long.BYTES;

    /** Release by the consumer of whom times are wanted, after a head; partner: the producer's acquire load. */
    public static final int TAKEN_OFFSET = TAKEN_AT_OFFSET + Long.BYTES;

    /** Bytes of a block. */
    public static final int BLOCK_LENGTH = HEAD_OFFSET + SEPARATION;

    private CursorDescriptor() {
    }
}
