// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import org.jspecify.annotations.Nullable;
import org.nanorouter.router.capture.CapturedFrame;
import org.nanorouter.router.frame.VnetHeaderDescriptor;
import org.nanorouter.router.metrics.Drop;
import org.nanorouter.router.pcapng.PcapngWriter.Way;

/**
 * What the router knows of a sighting, as words {@code key=value}; the Wireshark dissector reads them.
 *
 * <table>
 * <caption>Keys, in their order; each stands there only where it means something</caption>
 * <tr><td>ring_ns</td><td>nanoseconds that it lay in the ring that it came from</td></tr>
 * <tr><td>router_ns</td><td>nanoseconds from its receipt until it was sent</td></tr>
 * <tr><td>sequence, epoch, slot</td><td>of its record: number, epoch of the peer, place in the ring</td></tr>
 * <tr><td>drop</td><td>why it was sent to nobody</td></tr>
 * <tr><td>gso</td><td>kind and size of the segments that it is yet to be cut into</td></tr>
 * <tr><td>csum</td><td>partial: a checksum is yet to be completed</td></tr>
 * <tr><td>parts</td><td>datagrams that were joined into it as they came in</td></tr>
 * </table>
 */
final class FrameComment {
    private static final int MASK_U16 = 0xFFFF;

    private final StringBuilder text = new StringBuilder();

    /**
     * The words, until the next call; null if there is nothing to say. Without the offloads, if these were fixed up.
     */
    @Nullable CharSequence of(Sighting sighting, boolean fixedUp) {
        CapturedFrame frame = sighting.frame();
        text.setLength(0);
        if (sighting.way() == Way.IN) {
            if (frame.cameFromRing()) {
                add("ring_ns", frame.queuedNs());
                addRecord(sighting, frame.sequence(), frame.position());
            }
            Drop drop = frame.drop();
            if (drop != null) {
                word("drop").append(drop.label());
            }
            if (frame.parts() > 1) {
                add("parts", frame.parts());
            }
        } else {
            add("router_ns", frame.routerNs());
            if (frame.wentIntoRing() && frame.nextPort() == sighting.port().index()) {
                addRecord(sighting, frame.nextSequence(), frame.nextPosition());
            }
        }
        if (!fixedUp) {
            addOffloads(frame);
        }
        return text.length() == 0 ? null : text;
    }

    private void addRecord(Sighting sighting, int sequence, int position) {
        add("sequence", Integer.toUnsignedLong(sequence));
        add("epoch", sighting.port().epoch());
        add("slot", position & sighting.port().capacity() - 1);
    }

    private void addOffloads(CapturedFrame frame) {
        int flags = frame.memory().get(frame.vnetOffset() + VnetHeaderDescriptor.FLAGS_OFFSET);
        int type = frame.memory().get(frame.vnetOffset() + VnetHeaderDescriptor.GSO_TYPE_OFFSET);
        String kind = switch (type & ~VnetHeaderDescriptor.GSO_ECN_BIT & 0xFF) {
            case VnetHeaderDescriptor.GSO_TCPV4 -> "tcpv4";
            case VnetHeaderDescriptor.GSO_TCPV6 -> "tcpv6";
            case VnetHeaderDescriptor.GSO_UDP_L4 -> "udp";
            default -> null;
        };
        if (kind != null) {
            word("gso").append(kind).append('/')
                .append(frame.memory().getShort(frame.vnetOffset() + VnetHeaderDescriptor.GSO_SIZE_OFFSET) & MASK_U16);
        }
        if ((flags & VnetHeaderDescriptor.FLAG_NEEDS_CHECKSUM) != 0) {
            word("csum").append("partial");
        }
    }

    private void add(String key, long value) {
        word(key).append(value);
    }

    private StringBuilder word(String key) {
        if (text.length() > 0) {
            text.append(' ');
        }
        return text.append(key).append('=');
    }
}
