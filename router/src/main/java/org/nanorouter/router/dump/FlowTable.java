// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import java.net.InetAddress;
import java.net.UnknownHostException;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.nanorouter.router.frame.EthernetFrame;
import org.nanorouter.router.top.Flow;

/** Adds up sampled frames by their 5-tuple. Not for several threads at a time. */
public final class FlowTable {
    /** Flows that are told apart in one round; frames of more are not shown. */
    private static final int MAX_FLOWS = 4096;
    private static final int IPV4 = 0x0800;
    private static final int IPV6 = 0x86DD;
    private static final int TAG_LENGTH = 4;
    private static final int IPV4_HEADER = 20;
    private static final int IPV6_HEADER = 40;
    private static final int TCP = 6;
    private static final int UDP = 17;
    private static final int ICMP = 1;
    private static final int ICMPV6 = 58;
    private static final int PORTS_LENGTH = 4;
    private static final double NS_PER_S = 1e9;

    private final Map<Tuple, long[]> flows = new HashMap<>();

    /** What frames of a flow have in common; source and destination with port, if there are ports. */
    private record Tuple(String source, String destination, String protocol) {
    }

    /**
     * Takes a frame.
     *
     * @param captured bytes of it that are at {@code at}
     * @param length   bytes of the whole
     * @param weight   frames that it stands for
     */
    public void add(ByteBuffer memory, int at, int captured, int length, int weight) {
        Tuple tuple = tuple(memory, at, captured);
        long[] sums = tuple == null || flows.size() >= MAX_FLOWS ? flows.get(tuple)
            : flows.computeIfAbsent(tuple, key -> new long[2]);
        if (sums != null) {
            sums[0] += (long) length * weight;
            sums[1] += weight;
        }
    }

    private static Tuple tuple(ByteBuffer memory, int frame, int captured) {
        if (captured < EthernetFrame.HEADER_LENGTH + TAG_LENGTH) {
            return null;
        }
        int end = frame + captured;
        int type = EthernetFrame.type(memory, frame);
        int ip = frame + EthernetFrame.HEADER_LENGTH;
        if (EthernetFrame.isTag(type)) {
            type = u16(memory, ip + 2);
            ip += TAG_LENGTH;
        }
        if (type == IPV4 && ip + IPV4_HEADER <= end) {
            int headerLength = (memory.get(ip) & 0xF) * Integer.BYTES;
            boolean first = (u16(memory, ip + 6) & 0x1FFF) == 0;
            return tuple(memory, ip + 12, 4, memory.get(ip + 9) & 0xFF, ip + headerLength, first ? end : 0);
        } else if (type == IPV6 && ip + IPV6_HEADER <= end) {
            return tuple(memory, ip + 8, 16, memory.get(ip + 6) & 0xFF, ip + IPV6_HEADER, end);
        }
        return null;
    }

    private static Tuple tuple(ByteBuffer memory, int addresses, int length, int protocol, int transport, int end) {
        String source = address(memory, addresses, length);
        String destination = address(memory, addresses + length, length);
        if ((protocol == TCP || protocol == UDP) && transport + PORTS_LENGTH <= end) {
            return new Tuple(withPort(source, u16(memory, transport)), withPort(destination,
                u16(memory, transport + 2)), protocol == TCP ? "tcp" : "udp");
        }
        return new Tuple(source, destination, switch (protocol) {
            case TCP -> "tcp";
            case UDP -> "udp";
            case ICMP -> "icmp";
            case ICMPV6 -> "icmp6";
            default -> "ip " + protocol;
        });
    }

    private static String withPort(String address, int port) {
        return address.indexOf(':') < 0 ? address + ":" + port : "[" + address + "]:" + port;
    }

    private static String address(ByteBuffer memory, int offset, int length) {
        byte[] bytes = new byte[length];
        memory.get(offset, bytes);
        try {
            String text = InetAddress.getByAddress(bytes).getHostAddress();
            // The longest run of zeros, as RFC 5952 section 4.2 wants it; of those that are met here.
            return text.indexOf(":0:0:") < 0 ? text : text.replaceFirst("(:0){2,}:", "::");
        } catch (UnknownHostException e) {
            throw new IllegalStateException("length=" + length, e);
        }
    }

    private static int u16(ByteBuffer memory, int offset) {
        return (memory.get(offset) & 0xFF) << Byte.SIZE | memory.get(offset + 1) & 0xFF;
    }

    /** The flows since the last call, the largest first, and forgets them. */
    public List<Flow> take(long elapsedNs) {
        List<Flow> all = new ArrayList<>();
        double seconds = Math.max(elapsedNs, 1) / NS_PER_S;
        flows.forEach((tuple, sums) -> all.add(new Flow(tuple.source(), tuple.destination(), tuple.protocol(),
            sums[0] / seconds, sums[1] / seconds)));
        flows.clear();
        all.sort(Comparator.comparingDouble(Flow::bytes).reversed().thenComparing(Flow::source)
            .thenComparing(Flow::destination));
        return all;
    }
}
