// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.router.dump;

import org.pcap4j.packet.ArpPacket;
import org.pcap4j.packet.EthernetPacket;
import org.pcap4j.packet.IcmpV4CommonPacket;
import org.pcap4j.packet.IcmpV6CommonPacket;
import org.pcap4j.packet.IllegalRawDataException;
import org.pcap4j.packet.IpPacket;
import org.pcap4j.packet.IpV4Packet;
import org.pcap4j.packet.IpV6Packet;
import org.pcap4j.packet.TcpPacket;
import org.pcap4j.packet.UdpPacket;
import org.pcap4j.packet.namednumber.ArpOperation;

/** Says in a line what is in a frame, as tcpdump does. */
final class FrameText {
    private static final int HEADERS = 512;
    /** A header within the other, as tags are, costs pcap4j a call within the other. */
    private static final int MAX_DECODED = 2048;

    private FrameText() {
    }

    /**
     * One line.
     *
     * @param linkLevel whether with the Ethernet addresses
     */
    static String line(FrameBytes frame, boolean linkLevel) {
        byte[] bytes = bytes(frame, HEADERS);
        try {
            EthernetPacket ethernet = EthernetPacket.newPacket(bytes, 0, bytes.length);
            String what = printable(describe(ethernet, frame));
            return linkLevel ? ethernet.getHeader().getSrcAddr() + " > " + ethernet.getHeader().getDstAddr() + ", "
                + what : what;
        } catch (IllegalRawDataException | RuntimeException e) {
            return "a frame that cannot be read";
        }
    }

    /** Everything that pcap4j finds in it, in many lines. */
    static String full(FrameBytes frame) {
        byte[] bytes = bytes(frame, MAX_DECODED);
        try {
            return printable(EthernetPacket.newPacket(bytes, 0, bytes.length).toString());
        } catch (IllegalRawDataException | RuntimeException e) {
            return "a frame that cannot be read";
        }
    }

    /** Names in a frame are its sender's, and may speak to a terminal. */
    private static String printable(String text) {
        StringBuilder shown = new StringBuilder(text.length());
        for (int i = 0; i < text.length(); i++) {
            char c = text.charAt(i);
            shown.append(c < ' ' && c != '\n' && c != '\t' || c >= 0x7F && c < 0xA0 ? '.' : c);
        }
        return shown.toString();
    }

    private static byte[] bytes(FrameBytes frame, int most) {
        byte[] bytes = new byte[Math.min(frame.captured(), most)];
        frame.memory().get(frame.offset(), bytes);
        return bytes;
    }

    private static String describe(EthernetPacket ethernet, FrameBytes frame) {
        ArpPacket arp = ethernet.get(ArpPacket.class);
        if (arp != null) {
            ArpPacket.ArpHeader header = arp.getHeader();
            String sender = header.getSrcProtocolAddr().getHostAddress();
            String target = header.getDstProtocolAddr().getHostAddress();
            return ArpOperation.REQUEST.equals(header.getOperation()) ? "arp who-has " + target + " tell " + sender
                : "arp reply " + sender + " is-at " + header.getSrcHardwareAddr();
        }
        IpPacket ip = ethernet.get(IpPacket.class);
        if (ip == null) {
            return "ethertype " + ethernet.getHeader().getType();
        }
        String from = ip.getHeader().getSrcAddr().getHostAddress();
        String to = ip.getHeader().getDstAddr().getHostAddress();
        TcpPacket tcp = ethernet.get(TcpPacket.class);
        if (tcp != null) {
            TcpPacket.TcpHeader header = tcp.getHeader();
            // Without what pads a short frame, which is no data.
            int length = ip.getHeader() instanceof IpV4Packet.IpV4Header four
                ? four.getTotalLengthAsInt() - four.length()
                : ((IpV6Packet.IpV6Header) ip.getHeader()).getPayloadLengthAsInt();
            return from + "." + header.getSrcPort().valueAsInt() + " > " + to + "." + header.getDstPort().valueAsInt()
                + ": tcp [" + flags(header) + "] seq " + header.getSequenceNumberAsLong() + " ack "
                + header.getAcknowledgmentNumberAsLong() + " win " + header.getWindowAsInt() + " length "
                + Math.max(0, length - header.length());
        }
        UdpPacket udp = ethernet.get(UdpPacket.class);
        if (udp != null) {
            return from + "." + udp.getHeader().getSrcPort().valueAsInt() + " > " + to + "."
                + udp.getHeader().getDstPort().valueAsInt() + ": udp length " + (udp.getHeader().getLengthAsInt() - 8);
        }
        IcmpV4CommonPacket icmp = ethernet.get(IcmpV4CommonPacket.class);
        IcmpV6CommonPacket icmp6 = ethernet.get(IcmpV6CommonPacket.class);
        String protocol = icmp != null ? "icmp " + icmp.getHeader().getType().name()
            : icmp6 != null ? "icmp6 " + icmp6.getHeader().getType().name() : ip.getHeader().getProtocol().toString();
        return from + " > " + to + ": " + protocol;
    }

    private static String flags(TcpPacket.TcpHeader header) {
        StringBuilder flags = new StringBuilder();
        add(flags, header.getSyn(), 'S');
        add(flags, header.getFin(), 'F');
        add(flags, header.getRst(), 'R');
        add(flags, header.getPsh(), 'P');
        add(flags, header.getAck(), '.');
        return flags.toString();
    }

    private static void add(StringBuilder flags, boolean is, char letter) {
        if (is) {
            flags.append(letter);
        }
    }
}
