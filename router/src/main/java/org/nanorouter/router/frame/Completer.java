// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.frame;

import java.nio.ByteBuffer;

/**
 * Fills in the transport checksum that a sender left to its network card (CHECKSUM_PARTIAL).
 *
 * <p>The sender stored the sum of the pseudo-header in the checksum field; what is left is to sum from csum_start to
 * the packet's end (virtio 1.2, section 5.1.6.2). Works in place, so the frame must lie in memory that nobody else
 * writes.
 *
 * <p>Not safe for concurrent use.
 */
public final class Completer {

    private final VnetHeader vnet = new VnetHeader();
    private final InternetHeader internet = new InternetHeader();

    /**
     * Completes the frame behind a virtio_net_hdr, and clears the header.
     *
     * @return what is wrong with the frame, which then is as it was
     */
    public FrameFault complete(ByteBuffer buffer, int offset, int frameLength) {
        FrameFault fault = vnet.check(buffer, offset, frameLength);
        if (fault != FrameFault.NONE) {
            return fault;
        }
        if (vnet.isLarge()) {
            return FrameFault.NOT_SEGMENTED;
        }
        complete(vnet, buffer, offset + VnetHeaderDescriptor.LENGTH, frameLength);
        VnetHeader.clear(buffer, offset);
        return FrameFault.NONE;
    }

    /** Completes a frame whose header was checked. */
    void complete(VnetHeader header, ByteBuffer buffer, int frameOffset, int frameLength) {
        if (!header.needsChecksum()) {
            return;
        }
        int start = header.checksumStart();
        int field = start + header.checksumOffset();
        int end = frameLength;
        if (internet.parse(buffer, frameOffset, frameLength) == FrameFault.NONE && internet.isInternet()
                && internet.end() >= field + Short.BYTES) {
            // Padding is no part of the packet, and need not be zero.
            end = internet.end();
        }
        int sum = Checksum.sum(buffer, frameOffset + start, end - start);
        int index = frameOffset + field;
        boolean udp = header.checksumOffset() == TransportHeader.UDP_CHECKSUM;
        NetworkOrder.put16(buffer, index, udp ? Checksum.complementNotZero(sum) : Checksum.complement(sum));
    }
}
