// SPDX-License-Identifier: Apache-2.0
package org.nanorouter.shim;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.DatagramChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** TAPs and interfaces, in a network namespace of the test's own. */
class TapTest {
    private static final String NAME = "tap0";
    private static final String ADDRESS = "10.98.0.1/24";
    private static final byte[] OUR_MAC = {2, 0, 0, 0, 0, 1};
    private static final byte[] PEER_MAC = {2, 0, 0, 0, 0, 9};
    private static final byte[] BROADCAST = {-1, -1, -1, -1, -1, -1};
    private static final byte[] OUR_IP = {10, 98, 0, 1};
    private static final byte[] PEER_IP = {10, 98, 0, 2};
    private static final int ETHERTYPE_ARP = 0x0806;
    private static final int ETHERTYPE_IPV4 = 0x0800;
    private static final int ETHERTYPE_OFFSET = Tap.VNET_HDR_LENGTH + 12;
    private static final int ARP_LENGTH = Tap.VNET_HDR_LENGTH + 14 + 28;
    private static final int NEEDS_CSUM = 1;
    private static final int ARP_SENDER_OFFSET = Tap.VNET_HDR_LENGTH + 14 + 8;
    private static final int TIMEOUT_MS = 10_000;

    /** The part of a ring record before its vnet_hdr; docs/abi.md, section 4.1. */
    private static final int HEADER_GAP = 24;
    private static final int LARGEST_SPAN = (36 + 65_600 + 7) & ~7;

    private NetworkNamespace namespace;
    private long intake;

    @BeforeEach
    void enterNamespace() throws Exception {
        namespace = NetworkNamespace.open();
    }

    @AfterEach
    void leaveNamespace() {
        if (namespace != null) {
            namespace.close();
        }
    }

    /** What happens in the namespace, with an open TAP and a buffer. */
    private interface Body {
        void run(int tap, NativeBuffer buffer) throws Exception;
    }

    private void withTap(Body body) throws Exception {
        namespace.call(() -> {
            int tap = Errno.check(Tap.open(NAME, 0), "open TAP");
            intake = Tap.openIntake(tap);
            try (NativeBuffer buffer = NativeBuffer.allocate(256 * 1024)) {
                body.run(tap, buffer);
            } finally {
                Tap.closeIntake(intake);
                Fd.close(tap);
            }
            return null;
        });
    }

    private static void bringUp() throws ShimException {
        Errno.check(NetIf.setMac(NAME, OUR_MAC), "set MAC");
        Errno.check(NetIf.addAddress(NAME, ADDRESS, 0), "add address");
        Errno.check(NetIf.setUp(NAME, true), "bring up");
    }

    @Test
    void tapCarriesAFrameWithVnetHeader() throws Exception {
        withTap((tap, buffer) -> {
            assertThat(Tap.negotiateOffload(tap, Tap.CSUM)).isEqualTo(Tap.CSUM);
            bringUp();
            try (DatagramChannel socket = DatagramChannel.open(StandardProtocolFamily.INET)) {
                socket.send(ByteBuffer.wrap("hello".getBytes()), new InetSocketAddress("10.98.0.2", 9));
            }

            ByteBuffer question = read(tap, buffer, ARP_LENGTH);
            assertThat(question.getShort(ETHERTYPE_OFFSET)).isEqualTo((short) ETHERTYPE_ARP);
            putArp(buffer, 0, 2, PEER_MAC, PEER_IP, OUR_MAC, OUR_IP);
            assertThat(Tap.write(tap, buffer.address(), ARP_LENGTH)).isEqualTo(ARP_LENGTH);

            ByteBuffer hello = read(tap, buffer, Tap.VNET_HDR_LENGTH + 14 + 20 + 8 + 5);
            assertThat(hello.getShort(ETHERTYPE_OFFSET)).isEqualTo((short) ETHERTYPE_IPV4);
            assertThat(hello.get(0)).as("flags: the checksum was left to us").isEqualTo((byte) NEEDS_CSUM);
            hello.order(ByteOrder.LITTLE_ENDIAN);
            assertThat(hello.getShort(6)).as("csum_start").isEqualTo((short) (14 + 20));
            assertThat(hello.getShort(8)).as("csum_offset").isEqualTo((short) 6);
        });
    }

    @Test
    void anAnnouncementTellsTheNeighboursTheAddress() throws Exception {
        withTap((tap, buffer) -> {
            bringUp();
            assertThat(Tap.read(tap, buffer.address(), (int) buffer.size())).as("before").isEqualTo(-Errno.EAGAIN);
            Errno.check(NetIf.announce(NAME), "announce");
            ByteBuffer announcement = read(tap, buffer, ARP_LENGTH);
            assertThat(announcement.getShort(ETHERTYPE_OFFSET)).isEqualTo((short) ETHERTYPE_ARP);
            byte[] mac = new byte[OUR_MAC.length];
            byte[] sender = new byte[OUR_IP.length];
            byte[] target = new byte[OUR_IP.length];
            announcement.get(ARP_SENDER_OFFSET, mac).get(ARP_SENDER_OFFSET + mac.length, sender)
                .get(ARP_LENGTH - target.length, target);
            assertThat(mac).isEqualTo(OUR_MAC);
            assertThat(sender).isEqualTo(OUR_IP);
            assertThat(target).as("it asks for itself").isEqualTo(OUR_IP);
            assertThat(NetIf.announce("nowhere")).isEqualTo(-Errno.ENODEV);
            assertThat(NetIf.announce("../" + NAME)).isEqualTo(-Errno.EINVAL);
        });
    }

    @Test
    void readBatchLaysRecordsOutAsTheAbiSays() throws Exception {
        withTap((tap, buffer) -> {
            bringUp();
            askThreeTimes(tap, buffer);
            ByteBuffer ring = buffer.buffer();
            long reads = buffer.address() + 200 * 1024;
            fill(ring, 1024, (byte) 0x55);

            int count = Tap.readBatch(intake, buffer.address(), 128 * 1024, HEADER_GAP, 8, 128 * 1024, reads);

            assertThat(count).isEqualTo(3);
            int offset = 0;
            for (int i = 0; i < count; i++) {
                int length = ring.getInt(200 * 1024 + ReadDescriptor.readOffset(i));
                assertThat(length).isGreaterThanOrEqualTo(ARP_LENGTH);
                for (int at = offset; at < offset + HEADER_GAP; at++) {
                    assertThat(ring.get(at)).as("byte %d of a record's header is untouched", at).isEqualTo((byte) 0x55);
                }
                ring.order(ByteOrder.BIG_ENDIAN);
                assertThat(ring.getShort(offset + HEADER_GAP + ETHERTYPE_OFFSET)).isEqualTo((short) ETHERTYPE_ARP);
                ring.order(ByteOrder.LITTLE_ENDIAN);
                int payload = length - Tap.VNET_HDR_LENGTH;
                offset += (36 + payload + 7) & ~7;
            }
            assertThat(ring.getInt(200 * 1024 + ReadDescriptor.readOffset(count))).as("why it ended")
                .isEqualTo(-Errno.EAGAIN);
        });
    }

    @Test
    void readBatchStopsAtEveryLimit() throws Exception {
        withTap((tap, buffer) -> {
            bringUp();
            long base = buffer.address();
            long reads = base + 200 * 1024;
            assertThat(Tap.readBatch(intake, base, 128 * 1024, HEADER_GAP, 8, 1, reads)).isEqualTo(-Errno.EAGAIN);
            assertThat(Tap.readBatch(intake, base, LARGEST_SPAN - 1, HEADER_GAP, 8, 1, reads))
                .isEqualTo(-Errno.ENOSPC);

            askThreeTimes(tap, buffer);
            assertThat(Tap.readBatch(intake, base, LARGEST_SPAN, HEADER_GAP, 8, 1 << 20, reads)).isEqualTo(1);
            assertThat(buffer.buffer().getInt(200 * 1024 + ReadDescriptor.readOffset(1))).as("why it ended").isZero();
            assertThat(Tap.readBatch(intake, base, 128 * 1024, HEADER_GAP, 8, 1, reads)).isEqualTo(1);
            assertThat(Tap.readBatch(intake, base, 128 * 1024, HEADER_GAP, 1, 1 << 20, reads)).isEqualTo(1);
            assertThat(Tap.readBatch(intake, base, 128 * 1024, HEADER_GAP, 0, 1, reads)).isEqualTo(-Errno.EINVAL);
            assertThat(Tap.readBatch(intake, base + 4, 128 * 1024, HEADER_GAP, 1, 1, reads)).isEqualTo(-Errno.EINVAL);
        });
    }

    @Test
    void datagramsOfOneFlowShareARecordAndArriveOneByOne() throws Exception {
        withTap((tap, buffer) -> {
            assertThat(Tap.negotiateOffload(tap, Tap.CSUM)).isEqualTo(Tap.CSUM);
            bringUp();
            try (DatagramChannel socket = DatagramChannel.open(StandardProtocolFamily.INET)) {
                socket.connect(new InetSocketAddress("10.98.0.2", 9));
                socket.write(ByteBuffer.wrap("resolve".getBytes()));
                read(tap, buffer, ARP_LENGTH);
                putArp(buffer, 0, 2, PEER_MAC, PEER_IP, OUR_MAC, OUR_IP);
                assertThat(Tap.write(tap, buffer.address(), ARP_LENGTH)).isEqualTo(ARP_LENGTH);
                read(tap, buffer, Tap.VNET_HDR_LENGTH + 14 + 20 + 8 + 7);
                int headers = 14 + 20 + 8;
                for (String word : List.of("one", "two", "six", "to")) {
                    socket.write(ByteBuffer.wrap(word.getBytes()));
                }
                long reads = buffer.address() + 200 * 1024;

                int count = Tap.readBatch(intake, buffer.address(), 128 * 1024, HEADER_GAP, 8, 128 * 1024, reads);

                ByteBuffer bytes = buffer.buffer().order(ByteOrder.LITTLE_ENDIAN);
                int length = bytes.getInt(200 * 1024 + ReadDescriptor.LENGTH_OFFSET);
                assertThat(count).isEqualTo(1);
                assertThat(length).isEqualTo(Tap.VNET_HDR_LENGTH + headers + 3 + 3 + 3 + 2);
                assertThat(bytes.getInt(200 * 1024 + ReadDescriptor.FRAMES_OFFSET)).isEqualTo(4);
                assertThat(bytes.getInt(200 * 1024 + ReadDescriptor.BYTES_OFFSET)).isEqualTo(4 * headers + 11);
                turnAround(bytes, HEADER_GAP + Tap.VNET_HDR_LENGTH);
                assertThat(Tap.write(tap, buffer.address() + HEADER_GAP, length)).isEqualTo(length);
                for (String word : List.of("one", "two", "six", "to")) {
                    ByteBuffer received = ByteBuffer.allocate(64);
                    assertThat(socket.read(received)).isEqualTo(word.length());
                    assertThat(new String(received.array(), 0, word.length())).isEqualTo(word);
                }
            }
        });
    }

    /** Makes a frame one that its receiver sends: swapping addresses and ports changes no checksum. */
    private static void turnAround(ByteBuffer bytes, int frame) {
        swap(bytes, frame, frame + 6, 6);
        swap(bytes, frame + 14 + 12, frame + 14 + 16, 4);
        swap(bytes, frame + 14 + 20, frame + 14 + 22, 2);
    }

    private static void swap(ByteBuffer bytes, int one, int other, int length) {
        for (int i = 0; i < length; i++) {
            byte kept = bytes.get(one + i);
            bytes.put(one + i, bytes.get(other + i)).put(other + i, kept);
        }
    }

    @Test
    void aRefusedFrameDoesNotStopThoseBehindIt() throws Exception {
        withTap((tap, buffer) -> {
            bringUp();
            ByteBuffer bytes = buffer.buffer();
            putArp(buffer, 4096, 1, PEER_MAC, PEER_IP, BROADCAST, OUR_IP);
            putArp(buffer, 8192, 1, PEER_MAC, PEER_IP, BROADCAST, OUR_IP);
            bytes.put(8192, (byte) NEEDS_CSUM).putShort(8192 + 6, (short) 9000);
            int[] offsets = {4096, 8192, 4096, 4096};
            int[] lengths = {ARP_LENGTH, ARP_LENGTH, 13, ARP_LENGTH};
            for (int i = 0; i < offsets.length; i++) {
                int slot = SlotDescriptor.slotOffset(i);
                bytes.putLong(slot + SlotDescriptor.ADDRESS_OFFSET, buffer.address() + offsets[i]);
                bytes.putInt(slot + SlotDescriptor.LENGTH_OFFSET, lengths[i]);
            }

            assertThat(Tap.writeBatch(tap, buffer.address(), offsets.length)).isEqualTo(offsets.length);

            int[] expected = {ARP_LENGTH, -Errno.EINVAL, -Errno.EINVAL, ARP_LENGTH};
            for (int i = 0; i < expected.length; i++) {
                assertThat(bytes.getInt(SlotDescriptor.slotOffset(i) + SlotDescriptor.RESULT_OFFSET))
                    .as("result of slot %d", i).isEqualTo(expected[i]);
            }
        });
    }

    @Test
    void offloadsAreWhatTheKernelGrants() throws Exception {
        withTap((tap, buffer) -> {
            int granted = Tap.negotiateOffload(tap, Tap.ALL_OFFLOADS);
            assertThat(granted & (Tap.CSUM | Tap.TSO4 | Tap.TSO6)).isEqualTo(Tap.CSUM | Tap.TSO4 | Tap.TSO6);
            assertThat(Tap.setOffload(tap, granted)).isZero();
            assertThat(Tap.setOffload(tap, 1 << 30)).isEqualTo(-Errno.EINVAL);
            assertThat(Tap.negotiateOffload(tap, 0)).isZero();
        });
    }

    @Test
    void ipv6AddressWithNodadIsUsableAtOnce() throws Exception {
        withTap((tap, buffer) -> {
            Files.writeString(Path.of("/proc/sys/net/ipv6/conf/" + NAME + "/disable_ipv6"), "0");
            Errno.check(NetIf.setUp(NAME, true), "bring up");
            Errno.check(NetIf.addAddress(NAME, "fd77::1/64", NetIf.NODAD), "add address");
            Errno.check(NetIf.addAddress(NAME, "fd77::2/64", 0), "add address");

            assertThat(flagsOf("fd770000000000000000000000000001") & 0x40).as("tentative").isZero();
            assertThat(flagsOf("fd770000000000000000000000000002") & 0x40).as("tentative").isNotZero();
            assertThat(NetIf.addAddress(NAME, "fd77::1/64", NetIf.NODAD)).as("once more").isZero();
        });
    }

    @Test
    void interfaceIsWhatItWasSetTo() throws Exception {
        withTap((tap, buffer) -> {
            assertThat(Tap.name(tap)).isEqualTo(NAME);
            assertThat(NetIf.isUp(NAME)).isZero();
            bringUp();
            assertThat(NetIf.isUp(NAME)).isEqualTo(1);
            assertThat(NetIf.mac(NAME)).isEqualTo(OUR_MAC);
            assertThat(NetIf.setMtu(NAME, 9000)).isZero();
            assertThat(NetIf.mtu(NAME)).isEqualTo(9000);
            assertThat(NetIf.setQueue(NAME, 200)).isZero();
            assertThat(NetIf.queue(NAME)).isEqualTo(200);
            assertThat(NetworkNamespace.procNet("fib_trie")).contains("10.98.0.1");
            assertThat(NetIf.setMac(NAME, BROADCAST)).isEqualTo(-Errno.EADDRNOTAVAIL);
            for (String wrong : new String[] {"10.98.0.1", "10.98.0.1/", "10.98.0.1/33", "10.98.0/24", "::1/129", ""}) {
                assertThat(NetIf.addAddress(NAME, wrong, 0)).as(wrong).isEqualTo(-Errno.EINVAL);
            }
            assertThat(NetIf.index("nosuch")).isEqualTo(-Errno.ENODEV);
            assertThatThrownBy(() -> NetIf.mac("nosuch")).isInstanceOf(ShimException.class)
                .hasMessage("Ethernet address of interface, name=nosuch: ENODEV (no such device)");
        });
    }

    @Test
    void persistentTapOutlivesItsDescriptor() throws Exception {
        namespace.call(() -> {
            int tap = Errno.check(Tap.open("nk%d", 0), "open TAP");
            assertThat(Tap.name(tap)).isEqualTo("nk0");
            assertThat(Tap.open("nk0", 0)).isEqualTo(-Errno.EBUSY);
            assertThat(NetIf.setPersistent(tap, true)).isZero();
            Fd.close(tap);
            assertThat(NetIf.index("nk0")).isPositive();
            assertThat(Tap.open("nk0", Tap.EXCLUSIVE)).isEqualTo(-Errno.EBUSY);
            tap = Errno.check(Tap.open("nk0", 0), "open TAP");
            assertThat(NetIf.setPersistent(tap, false)).isZero();
            Fd.close(tap);
            assertThat(NetIf.index("nk0")).isEqualTo(-Errno.ENODEV);
            return null;
        });
    }

    private static ByteBuffer read(int tap, NativeBuffer buffer, int atLeast) {
        try (NativeBuffer wait = NativeBuffer.allocate(Poll.ENTRY_LENGTH)) {
            wait.buffer().putInt(Poll.FD_OFFSET, tap).putShort(Poll.EVENTS_OFFSET, Poll.IN);
            assertThat(Poll.poll(wait.address(), 1, TIMEOUT_MS)).as("a frame arrives").isEqualTo(1);
        }
        long length = Tap.read(tap, buffer.address(), (int) buffer.size());
        assertThat(length).isGreaterThanOrEqualTo(atLeast);
        return buffer.buffer().order(ByteOrder.BIG_ENDIAN);
    }

    /** Three ARP requests, so that three answers of one length wait. */
    private static void askThreeTimes(int tap, NativeBuffer buffer) {
        putArp(buffer, 0, 1, PEER_MAC, PEER_IP, BROADCAST, OUR_IP);
        for (int i = 0; i < 3; i++) {
            assertThat(Tap.write(tap, buffer.address(), ARP_LENGTH)).isEqualTo(ARP_LENGTH);
        }
    }

    private static void putArp(NativeBuffer buffer, int offset, int operation, byte[] from, byte[] fromIp, byte[] to,
        byte[] toIp) {
        ByteBuffer frame = buffer.buffer().order(ByteOrder.BIG_ENDIAN).position(offset);
        frame.put(new byte[Tap.VNET_HDR_LENGTH]).put(to).put(from).putShort((short) ETHERTYPE_ARP);
        frame.putShort((short) 1).putShort((short) ETHERTYPE_IPV4).put((byte) 6).put((byte) 4);
        frame.putShort((short) operation).put(from).put(fromIp).put(to).put(toIp);
    }

    private static void fill(ByteBuffer buffer, int length, byte value) {
        for (int i = 0; i < length; i++) {
            buffer.put(i, value);
        }
    }

    /** Flags of an IPv6 address as /proc shows them, in its fifth column. */
    private static int flagsOf(String address) throws Exception {
        String line = NetworkNamespace.procNet("if_inet6").lines().filter(each -> each.startsWith(address)).findFirst()
            .orElseThrow();
        return Integer.parseInt(line.split("\\s+")[4], 16);
    }
}
