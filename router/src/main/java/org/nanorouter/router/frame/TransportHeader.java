// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.nio.ByteBuffer;

/**
 * The fields of TCP (RFC 9293 section 3.1) and UDP (RFC 768) that segmentation touches.
 */
final class TransportHeader {

    static final int TCP_MINIMUM_LENGTH = 20;
    static final int TCP_SEQUENCE = 4;
    static final int TCP_DATA_OFFSET = 12;
    static final int TCP_FLAGS = 13;
    static final int TCP_CHECKSUM = 16;
    static final int TCP_URGENT = 18;

    static final int TCP_FIN = 0x01;
    static final int TCP_PSH = 0x08;
    static final int TCP_URG = 0x20;
    /** RFC 3168 section 6.1.2. */
    static final int TCP_CWR = 0x80;

    static final int UDP_LENGTH = 8;
    static final int UDP_LENGTH_FIELD = 4;
    static final int UDP_CHECKSUM = 6;

    private TransportHeader() {
    }

    /** The length of the TCP header at an index by its own word; below the minimum if it lies. */
    static int tcpLength(ByteBuffer buffer, int index) {
        return (NetworkOrder.u8(buffer, index + TCP_DATA_OFFSET) >>> 4) * 4;
    }
}
